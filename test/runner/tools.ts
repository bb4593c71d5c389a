/** How the layers run their tools: output goes straight to the terminal, the counts come from a report file. */
import { readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
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

/** The part of vitest's JSON report that says what failed. */
interface FileReport {
  name: string;
  status: string;
  /** Why a file failed as a whole. */
  message: string;
  assertionResults: { status: string; fullName: string; failureMessages: string[] | null }[];
}

/** Lines of one failure's message that are kept. */
const keptLines = 15;

/** Where and why, bounded: what a log cut at its end must still show. */
export function failures(files: readonly FileReport[], cwd: string): string[] {
  const told = (where: string, message = "") =>
    [where, ...stripVTControlCharacters(message).split("\n").slice(0, keptLines)].join("\n    ");
  return files.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(cwd, name);
    const failed = assertionResults.filter((result) => result.status === "failed");
    if (failed.length === 0) return status === "failed" ? [told(file, message)] : [];
    return failed.map(({ fullName, failureMessages }) => told(`${file} > ${fullName}`, failureMessages?.[0]));
  });
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
      failures: failures(json.testResults, options.cwd),
    };
  } catch (error) {
    console.error(`no report of ${name}: ${(error as Error).message}`);
  }
  return exitCode !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}
