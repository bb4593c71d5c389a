import type { CodeEntry } from "./types.ts";

/** TF19xx: TaskFlow itself. */
export const internal = {
  TF1901: {
    title: "unexpected error",
    cause: "A defect in TaskFlow, or a failure that nobody foresaw.",
    fix: ["npm run doctor", "# report it with the lines above"],
  },
} as const satisfies Record<string, CodeEntry>;
