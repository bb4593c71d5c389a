/** The backend: ruff, mypy, and pytest on a real PostgreSQL. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { stateDir } from "../../local/paths.ts";
import { emptyDatabase, stopDatabase } from "./database.ts";
import { type Count, type Layer, single } from "./layer.ts";
import { backendDir, backendPython } from "./python.ts";
import { show } from "./tools.ts";

const cwd = backendDir;

async function module(args: string[], env: Record<string, string> = {}): Promise<number> {
  return show(await backendPython(), ["-m", ...args], { cwd, env });
}

async function pytest(): Promise<Count> {
  const report = join(stateDir, "test-results", "pytest.xml");
  await rm(report, { force: true });
  const env = { TEST_DATABASE_URL: await emptyDatabase("backend_test") };
  try {
    const exitCode = await module(["pytest", "-q", `--junitxml=${report}`], env);
    const xml = await readFile(report, "utf8");
    const attribute = (name: string) =>
      Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0);
    const failed = attribute("failures") + attribute("errors");
    const skipped = attribute("skipped");
    const passed = attribute("tests") - failed - skipped;
    return { passed, failed: exitCode !== 0 && failed === 0 ? 1 : failed, skipped };
  } finally {
    await stopDatabase();
  }
}

export const backendLayers: Layer[] = [
  {
    name: "ruff",
    title: "Backend: ruff lint and format",
    run: async () =>
      single(
        (await module(["ruff", "check", "."])) === 0 &&
          (await module(["ruff", "format", "--check", "."])) === 0,
      ),
  },
  {
    name: "mypy",
    title: "Backend: mypy strict",
    run: async () => single((await module(["mypy", "."])) === 0),
  },
  { name: "pytest", title: "Backend: pytest on PostgreSQL", run: pytest },
];
