/** What a deployment consists of: images, the chart and its values. Both deployers apply it, `npm run rollback` an earlier one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repoRoot } from "../local/paths.ts";
import { ownServerImage } from "./aiopsObjects.ts";
import {
  type AppComponent,
  type ChartValues,
  chartName,
  chartValues,
  type ImageRef,
  imageRef,
} from "./chartValues.ts";
import { type ImageName, type ImageSpec, imageNames } from "./imageBuild.ts";
import type { StackConfig } from "./stackConfig.ts";

/** The app's images, and the MCP server's where the stack runs this repo's. */
export type Images = Readonly<Record<AppComponent, ImageRef>> & { readonly kagent?: ImageRef | undefined };

/** Which those are, in the order of their building. Pure. */
export const imagesIn = (images: Images): ImageName[] =>
  imageNames.filter((name) => images[name] !== undefined);

export interface ReleaseContent {
  images: Images;
  /** They hold no secret. */
  values: ChartValues;
  /** The chart's folder, relative to the repo. */
  chart: string;
}

/** What the checkout says now. @param databaseRevision as for `chartValues`. */
export function currentContent(
  config: StackConfig,
  specs: Readonly<Record<ImageName, ImageSpec>>,
  databaseRevision: string,
): ReleaseContent {
  const images = {
    frontend: imageRef(specs.frontend, config.registry),
    backend: imageRef(specs.backend, config.registry),
    ...(ownServerImage(config) ? { kagent: imageRef(specs.kagent, config.registry) } : {}),
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
 * configuration says now: the cluster leads there, and the recorded one may be another Service's by now. Whether there
 * is an MCP server is the configuration's to say too; its image is the recorded one.
 */
export function recordedContent(
  folder: string,
  config: Pick<StackConfig, "nodePort" | "aiops">,
): ReleaseContent {
  const { nodePort } = config;
  const { values, images: all } = JSON.parse(readFileSync(join(repoRoot, folder, recordFile), "utf8"));
  const { kagent, ...app } = all as Images;
  const images = kagent && ownServerImage(config) ? { ...app, kagent } : app;
  const service = { ...values.service, frontend: { ...values.service?.frontend, nodePort } };
  return { images, values: { ...values, service }, chart: `./${join(folder, chartFolder)}` };
}
