import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type AiopsOptions, aiopsObjects, tokenSecretData, tokenSecretName } from "./aiopsObjects.ts";

/** TaskFlow's MCP server beside the app: its objects, and the token that its callers show. */
export class Aiops extends pulumi.ComponentResource {
  /** Where it answers inside the cluster. */
  readonly url: string;

  constructor(name: string, args: AiopsOptions, opts?: pulumi.ComponentResourceOptions) {
    super("taskflow:index:Aiops", name, {}, opts);
    const { namespace } = args;
    const token = new random.RandomPassword("mcp-token", { length: 48, special: false }, { parent: this });
    const secret = new kubernetes.core.v1.Secret(
      tokenSecretName,
      {
        metadata: {
          name: tokenSecretName,
          namespace,
          labels: { "app.kubernetes.io/part-of": "taskflow" },
        },
        stringData: token.result.apply(tokenSecretData),
      },
      { parent: this },
    );
    // Each object is a resource with its own diff and drift, as the chart's are.
    new kubernetes.yaml.v2.ConfigGroup(
      "mcp-server",
      { objs: aiopsObjects(args) },
      { parent: this, dependsOn: secret },
    );
    this.url = `http://taskflow-mcp.${namespace}.svc.cluster.local:8931/mcp`;
    this.registerOutputs({ url: this.url });
  }
}
