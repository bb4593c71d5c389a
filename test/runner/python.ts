/** The backend's Python: uv makes the environment from the committed, hashed requirements. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { cacheDir, repoRoot, stateDir } from "../../local/paths.ts";
import { lastLines, run } from "../../local/run.ts";

const uvVersion = "0.13.9";
export const backendDir = join(repoRoot, "backend");
const environment = join(stateDir, "backend-venv");

/** uv from PATH, else from the project's cache, where pip puts it. */
async function uv(): Promise<string> {
  if (!(await run("uv", ["--version"])).failed) return "uv";
  const home = join(cacheDir, `uv-${uvVersion}`);
  const file = join(home, "bin", "uv");
  if (existsSync(file)) return file;
  const pip = await run("python3", ["-m", "pip", "install", "--quiet", "--target", home, `uv==${uvVersion}`]);
  if (pip.failed) {
    throw new TaskFlowError("TF1108", {
      what: "uv is neither on PATH nor to be had from pip; the backend's tests need it",
      detail: lastLines(pip.all),
      fix: ["python3 -m pip install uv", "npm test"],
    });
  }
  return file;
}

/** A Python 3.13 that uv would not look for itself: pyenv's, without being the active one. */
function pyenvPython(): string | undefined {
  const versions = join(homedir(), ".pyenv", "versions");
  const found = existsSync(versions) ? readdirSync(versions).filter((name) => name.startsWith("3.13.")) : [];
  const newest = found.sort().at(-1);
  return newest && join(versions, newest, "bin", "python3.13");
}

/** The environment's python, with all development requirements; made anew when they change. */
export async function backendPython(): Promise<string> {
  const requirements = join(backendDir, "requirements-dev.txt");
  const stamp = join(environment, ".requirements");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const python = join(environment, "bin", "python");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && existsSync(python)) return python;
  const program = await uv();
  for (const args of [
    ["venv", "--clear", "--python", pyenvPython() ?? "3.13", environment],
    ["pip", "sync", "--python", python, "--require-hashes", requirements],
  ]) {
    const result = await run(program, args, { report: (line) => console.log(line) });
    if (result.failed) {
      throw new TaskFlowError("TF1108", {
        what: `uv ${args[0]} failed; the backend's tests need Python 3.13 and its packages`,
        detail: lastLines(result.all),
        fix: ["uv python install 3.13", "npm test"],
      });
    }
  }
  writeFileSync(stamp, wanted);
  return python;
}
