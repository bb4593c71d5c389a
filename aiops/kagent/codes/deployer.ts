import type { CodeEntry } from "./types.ts";

/** TF16xx: Pulumi and Helm. */
export const deployer = {
  TF1601: {
    title: "Pulumi failed",
    cause: "The Pulumi CLI ended with an error.",
    fix: ["npm run doctor"],
  },
} as const satisfies Record<string, CodeEntry>;
