/** The frontend: types, unit tests, and Better Auth with Prisma on a real PostgreSQL. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repoRoot } from "../../local/paths.ts";
import { emptyDatabase, stopDatabase } from "./database.ts";
import { type Count, type Layer, single } from "./layer.ts";
import { backendDir, backendPython } from "./python.ts";
import { show, vitest } from "./tools.ts";

const cwd = join(repoRoot, "frontend");

/** Its packages, installed once and again when its lockfile changes. */
async function installed(): Promise<void> {
  const stamp = join(cwd, "node_modules", ".taskflow-installed");
  const wanted = createHash("sha256")
    .update(readFileSync(join(cwd, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  for (const args of [
    ["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    ["run", "generate"],
  ]) {
    if ((await show("npm", args, { cwd })) !== 0)
      throw new Error(`npm ${args.join(" ")} failed in frontend/`);
  }
  writeFileSync(stamp, wanted);
}

async function database(): Promise<Count> {
  await installed();
  const url = await emptyDatabase("frontend_test");
  try {
    const env = {
      DATABASE_URL: url,
      BETTER_AUTH_SECRET: "test-secret-of-more-than-32-characters",
      FRONTEND_URL: "http://localhost:3000",
    };
    const migrated = await show(await backendPython(), ["-m", "app.migrate"], { cwd: backendDir, env });
    if (migrated !== 0) throw new Error(`app.migrate ended with exit code ${migrated}`);
    return await vitest("frontend-db", ["--config", "vitest.db.config.ts"], {
      cwd,
      env: { TEST_DATABASE_URL: url },
    });
  } finally {
    await stopDatabase();
  }
}

export const frontendLayers: Layer[] = [
  {
    name: "frontend-types",
    title: "Frontend: TypeScript types",
    run: async () => {
      await installed();
      return single((await show("npm", ["run", "--silent", "typecheck"], { cwd })) === 0);
    },
  },
  {
    name: "frontend",
    title: "Frontend: unit tests",
    run: async () => {
      await installed();
      return vitest("frontend", [], { cwd });
    },
  },
  { name: "frontend-db", title: "Frontend: Better Auth and Prisma on PostgreSQL", run: database },
];
