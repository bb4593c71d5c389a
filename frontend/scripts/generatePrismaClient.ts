/** Makes the Prisma client in generated/prisma, with or without the internet. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

// The CLI fetches its native schema engine before it does anything, though `generate` never starts it.
// Naming any program that exists keeps it from trying; this one does.
const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: "1" };
const cli = createRequire(import.meta.url).resolve("prisma/build/index.js");
const { status, error } = spawnSync(process.execPath, [cli, "generate", "--no-hints"], {
  cwd: `${import.meta.dirname}/..`,
  env,
  stdio: "inherit",
});
if (error) throw error;
process.exitCode = status ?? 1;
