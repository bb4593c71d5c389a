/** What a deployment consists of: images, the chart and its values. Both deployers apply it, `npm run rollback` an earlier one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repoRoot } from "../local/paths.ts";
import {
  type AppComponent,
  type ChartValues,
  chartName,
  chartValues,
  type ImageRef,
  imageRef,
} from "./chartValues.ts";
import type { ImageSpec } from "./imageBuild.ts";
import type { StackConfig } from "./stackConfig.ts";

export interface ReleaseContent {
  images: Readonly<Record<AppComponent, ImageRef>>;
  /** They hold no secret. */
  values: ChartValues;
  /** The chart's folder, relative to the repo. */
  chart: string;
}

/** What the checkout says now. @param databaseRevision as for `chartValues`. */
export function currentContent(
  config: StackConfig,
  specs: Readonly<Record<AppComponent, ImageSpec>>,
  databaseRevision: string,
): ReleaseContent {
  const images = {
    frontend: imageRef(specs.frontend, config.registry),
    backend: imageRef(specs.backend, config.registry),
  };
  return { images, values: chartValues(config, images, databaseRevision), chart: `./charts/${chartName}` };
}

/** Names in the folder of a recorded deployment. */
export const recordFile = "deployment.json";
export const chartFolder = "chart";

const variable = "TASKFLOW_ROLLBACK";

/** Environment of a Pulumi run that shall return to the deployment recorded in `folder`. */
export const returnTo = (folder: string): Record<string, string> => ({ [variable]: folder });

/** The deployment that this run returns to; undefined in every run but a rollback's. */
export function pastContent(config: StackConfig): ReleaseContent | undefined {
  const folder = process.env[variable];
  return folder ? recordedContent(folder, config) : undefined;
}

/**
 * The deployment recorded in `folder`, relative to the repo (cli/deployments.ts writes it), on the node port that the
 * configuration says now: the cluster leads there, and the recorded one may be another Service's by now.
 */
export function recordedContent(folder: string, { nodePort }: Pick<StackConfig, "nodePort">): ReleaseContent {
  const { images, values } = JSON.parse(readFileSync(join(repoRoot, folder, recordFile), "utf8"));
  const service = { ...values.service, frontend: { ...values.service?.frontend, nodePort } };
  return { images, values: { ...values, service }, chart: `./${join(folder, chartFolder)}` };
}
