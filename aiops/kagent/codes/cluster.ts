import type { CodeEntry } from "./types.ts";

/** TF13xx: the cluster. */
export const cluster = {
  TF1301: {
    title: "cluster not running",
    cause: "The cluster that this checkout made or was told to use does not answer.",
    fix: ["npm run up"],
  },
} as const satisfies Record<string, CodeEntry>;
