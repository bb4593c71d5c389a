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
  TF1003: {
    title: "another run is under way",
    cause: "Two runs that change the same deployment would build, load and apply over each other.",
    fix: ["# wait until it has ended, or end it:", "kill -INT {pid}"],
  },
  TF1004: {
    title: "still deployed",
    cause: "What `clean` removes is needed to take the deployment back.",
    fix: ["npm run destroy -- --stack {stack}", "npm run clean"],
  },
} as const satisfies Record<string, CodeEntry>;
