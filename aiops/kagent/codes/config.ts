import type { CodeEntry } from "./types.ts";

/** TF10xx: what the user asked for and configured. */
export const config = {
  TF1001: {
    title: "invalid configuration",
    cause: "One or more values of the stack configuration are missing, mistyped or contradict each other.",
    fix: ["{fix}"],
  },
  TF1002: {
    title: "unknown stack",
    cause: "A stack is a file Pulumi.<stack>.yaml at the top of the repo.",
    fix: ["npm run up -- --stack dev"],
  },
} as const satisfies Record<string, CodeEntry>;
