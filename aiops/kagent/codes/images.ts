import type { CodeEntry } from "./types.ts";

/** TF12xx: base images, builds and delivery to the node. */
export const images = {
  TF1201: {
    title: "base image not available",
    cause:
      "The base image could not be pulled from its registry, and no local equivalent could be made in its place.",
    fix: ["docker pull {image}", "npm run up -- --verbose"],
  },
  TF1202: {
    title: "image build failed",
    cause: "A step of the Dockerfile ended with an error; the last lines of its output show which.",
    fix: ["npm run up"],
  },
  TF1203: {
    title: "image not on the node",
    cause:
      "The image was built and sent, but the node does not have it under its ID; a loader can exit 0 on failure.",
    fix: ["npm run up", "npm run doctor"],
  },
  TF1204: {
    title: "image could not be sent to the node",
    cause: "The loader of this kind of cluster ended with an error.",
    fix: ["npm run status", "npm run up"],
  },
  TF1205: {
    title: "disk full during a build",
    cause: "Docker had no space left while it wrote a layer.",
    fix: ["docker system df", "docker builder prune --force", "docker image prune --force", "npm run up"],
  },
} as const satisfies Record<string, CodeEntry>;
