import { type Check, fail, ok } from "../types.ts";

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
    return checked.ok
      ? ok(`PostgreSQL ${checked.version}, ${checked.encrypted ? "encrypted" : "not encrypted"}`)
      : fail(checked.error.code, checked.error.what, [...checked.error.fix]);
  },
};
