import type { CodeEntry } from "./types.ts";

/** TF12xx: base images, builds and delivery to the node. */
export const images = {
  TF1203: {
    title: "image not on the node",
    cause:
      "The image was built and sent, but the node does not have it under its ID; a loader can exit 0 on failure.",
    fix: ["npm run up", "npm run doctor"],
  },
} as const satisfies Record<string, CodeEntry>;
