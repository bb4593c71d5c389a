import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ChartValues, releaseName } from "./chartValues.ts";

export interface TodoReleaseArgs {
  namespace: pulumi.Input<string>;
  /** The chart's folder, relative to the repo. */
  chart: string;
  /** Its values-<environment>.yaml is the base that `values` refines. */
  environment: "dev" | "prod";
  /** Plain values only: an unknown one would make the preview show every object as deleted. */
  values: ChartValues;
  deployMode: "chart" | "release";
  /** Hash of the chart's files: in release mode a changed template is otherwise no change at all. */
  chartHash: string;
}

/** The chart, through the kubernetes provider. */
export class TodoRelease extends pulumi.ComponentResource {
  readonly name: string = releaseName;

  constructor(name: string, args: TodoReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("taskflow:index:TodoRelease", name, {}, opts);
    const { chart } = args;
    const valueYamlFiles = [new pulumi.asset.FileAsset(`${chart}/values-${args.environment}.yaml`)];
    if (args.deployMode === "chart") {
      new kubernetes.helm.v4.Chart(
        releaseName,
        { chart, namespace: args.namespace, valueYamlFiles, values: args.values },
        { parent: this },
      );
    } else {
      new kubernetes.helm.v3.Release(
        releaseName,
        {
          name: releaseName,
          chart,
          namespace: args.namespace,
          valueYamlFiles,
          values: args.values,
          description: `chart ${args.chartHash}`,
        },
        { parent: this },
      );
    }
    this.registerOutputs({ name: this.name });
  }
}
