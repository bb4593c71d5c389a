/** An image of the app in the local Docker daemon, built by its spec. */
import { join } from "node:path";
import type { LocalImage } from "../local/clusters/types.ts";
import { type BuildRequest, buildImage, imageId } from "../local/docker.ts";
import { repoRoot } from "../local/paths.ts";
import type { ImageSpec } from "./imageBuild.ts";

/** How an image of this spec is asked for. */
export function buildRequest(spec: ImageSpec): BuildRequest {
  return {
    context: join(repoRoot, spec.context),
    dockerfile: join(repoRoot, spec.dockerfile),
    target: spec.target,
    platform: spec.platform,
    args: spec.args,
    tags: [`${spec.repository}:${spec.tag}`],
  };
}

/** Builds it unless it is there: its tag says its content. @throws as `buildImage`. */
export async function ensureImage(
  spec: ImageSpec,
  options: Pick<BuildRequest, "report" | "cancelSignal"> = {},
): Promise<LocalImage & { built: boolean }> {
  const request = buildRequest(spec);
  const ref = request.tags[0];
  const id = await imageId(ref);
  if (id) return { ref, id, built: false };
  return { ...(await buildImage({ ...request, ...options })), built: true };
}
