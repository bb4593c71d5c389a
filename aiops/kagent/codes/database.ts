import type { CodeEntry } from "./types.ts";

/** TF14xx: PostgreSQL. */
export const database = {
  TF1401: {
    title: "database not reachable",
    cause: "PostgreSQL did not accept a connection at the configured address.",
    fix: ["npm run doctor"],
  },
} as const satisfies Record<string, CodeEntry>;
