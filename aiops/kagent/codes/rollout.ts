import type { CodeEntry } from "./types.ts";

/** TF15xx: pods and rollouts, as the cluster shows them. */
export const rollout = {
  TF1501: {
    title: "container keeps crashing",
    cause: "The container exits soon after each start.",
    fix: ["npm run logs -- {component} --previous"],
  },
} as const satisfies Record<string, CodeEntry>;
