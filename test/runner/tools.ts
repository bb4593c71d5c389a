/** How the layers run their tools: output goes straight to the terminal, the counts come from a report file. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { stateDir } from "../../local/paths.ts";
import { type Count, nothing } from "./layer.ts";

export interface ToolOptions {
  cwd: string;
  env?: Readonly<Record<string, string>>;
}

/** Runs a tool with its output shown. Returns its exit code; a tool that is not there throws. */
export async function show(file: string, args: readonly string[], options: ToolOptions): Promise<number> {
  const result = await execa(file, [...args], {
    ...options,
    stdio: ["ignore", "inherit", "inherit"],
    reject: false,
  });
  if (result.exitCode === undefined) throw new Error(result.shortMessage);
  return result.exitCode;
}

/** Runs vitest in a folder and counts its tests. A run that ends badly without a failed test counts as one failure. */
export async function vitest(name: string, args: readonly string[], options: ToolOptions): Promise<Count> {
  const report = join(stateDir, "test-results", `${name}.json`);
  await rm(report, { force: true });
  const exitCode = await show(
    process.execPath,
    [
      join(options.cwd, "node_modules", "vitest", "vitest.mjs"),
      "run",
      ...args,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ],
    options,
  );
  let count = nothing;
  try {
    const json = JSON.parse(await readFile(report, "utf8"));
    count = {
      passed: json.numPassedTests,
      failed: json.numFailedTests,
      skipped: json.numPendingTests + json.numTodoTests,
    };
  } catch (error) {
    console.error(`no report of ${name}: ${(error as Error).message}`);
  }
  return exitCode !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}
