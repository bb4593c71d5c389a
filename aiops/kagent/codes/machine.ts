import type { CodeEntry } from "./types.ts";

/** TF11xx: this machine: Docker, disk, ports, tools. */
export const machine = {
  TF1101: {
    title: "Docker does not answer",
    cause: "The Docker daemon is not running, or this user may not talk to it.",
    fix: ["npm run doctor"],
  },
} as const satisfies Record<string, CodeEntry>;
