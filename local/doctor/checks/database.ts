import type { DatabaseProblem } from "../../postgres/index.ts";
import { type Check, fail, ok, warn } from "../types.ts";

/** Pods may reach what this machine cannot, e.g. a Service of their cluster. */
const onlyFromHere: readonly DatabaseProblem[] = ["host-unknown", "refused", "timeout"];

export const database: Check = {
  id: "database",
  title: "Database",
  async run(context) {
    if (!context.config.configured.databaseUrl) {
      const local = await context.localDatabase();
      if (local.state === "running") return ok(`local PostgreSQL on port ${local.port}`);
      return ok(
        local.state === "stopped"
          ? "local PostgreSQL, stopped; `npm run up` starts it"
          : "none yet; `npm run up` makes a local PostgreSQL",
      );
    }
    const url = context.env.TASKFLOW_DATABASE_URL;
    if (!url) return ok("taskflow:databaseUrl is encrypted in the stack's file; the deployment checks it");
    const checked = await context.checkDatabaseUrl(url);
    if (checked.ok) {
      return ok(`PostgreSQL ${checked.version}, ${checked.encrypted ? "encrypted" : "not encrypted"}`);
    }
    const { code, what, fix } = checked.error;
    return onlyFromHere.includes(checked.problem)
      ? warn(code, `not reached from this machine: ${what}`, [...fix])
      : fail(code, what, [...fix]);
  },
};
