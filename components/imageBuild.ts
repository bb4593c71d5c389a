/**
 * What each image is built from and what it is called. The one place: Pulumi's docker.Image and
 * the build of the Helm path both use it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BaseImages } from "../local/baseImages/index.ts";
import { repoRoot } from "../local/paths.ts";
import { components } from "./chartValues.ts";
import { sourceHash } from "./sourceHash.ts";

export interface ImageSpec {
  /** e.g. `todo-backend`. */
  repository: string;
  /** `v1.0.0-<12 hex>`: the same content, the same tag. */
  tag: string;
  /** The build context's folder and the Dockerfile, relative to the repo, so that a state file tells no one's path. */
  context: string;
  dockerfile: string;
  target: string;
  /** e.g. `linux/amd64`. */
  platform: string;
  /** Bases, and VERSION and REVISION for the image's labels. */
  args: Record<string, string>;
}

/** The app's two images, and the MCP server's. */
export const imageNames = [...components, "kagent"] as const;
export type ImageName = (typeof imageNames)[number];

const node = { NODE_BUILD_IMAGE: "nodeBuild", NODE_RUNTIME_IMAGE: "nodeRuntime" } as const;
const python = { PYTHON_BUILD_IMAGE: "pythonBuild", PYTHON_RUNTIME_IMAGE: "pythonRuntime" } as const;

/** Each image's folder, which is its build context, and the build args that name its bases. */
const sources: Readonly<
  Record<ImageName, { context: string; bases: Readonly<Record<string, keyof BaseImages>> }>
> = {
  frontend: { context: "frontend", bases: node },
  backend: { context: "backend", bases: python },
  kagent: { context: "aiops/kagent", bases: node },
};

const target = "production";

/** Of the containers that run here; a Docker daemon of another kind than this machine's must be named. */
const hostPlatform = process.arch === "arm64" ? "linux/arm64" : "linux/amd64";

/**
 * All images.
 * @param options.version what the tag starts with, e.g. `v1.0.0`.
 * @param options.bases refs that say their content: with digest, or tagged by content.
 */
export function imageSpecs(options: {
  version: string;
  bases: BaseImages;
  platform?: string;
}): Record<ImageName, ImageSpec> {
  const { version, bases, platform = hostPlatform } = options;
  const spec = (name: ImageName): ImageSpec => {
    const { context, bases: baseArgs } = sources[name];
    const dockerfile = `${context}/Dockerfile`;
    const args: Record<string, string> = { VERSION: version };
    for (const [arg, base] of Object.entries(baseArgs)) args[arg] = bases[base];
    const revision = sourceHash(context, {
      ...args,
      target,
      platform,
      // A .dockerignore may leave the Dockerfile out of the context; it decides all the same.
      dockerfile: readFileSync(join(repoRoot, dockerfile), "utf8"),
    });
    return {
      repository: `todo-${name}`,
      tag: `${version}-${revision}`,
      context,
      dockerfile,
      target,
      platform,
      // The content, not the commit: a commit that leaves these sources alone makes no new image.
      args: { ...args, REVISION: revision },
    };
  };
  return { frontend: spec("frontend"), backend: spec("backend"), kagent: spec("kagent") };
}
