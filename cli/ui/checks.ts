/** The doctor's results as lines. */
import type { CheckResult } from "../../local/doctor/types.ts";
import { painter } from "./error.ts";

const marks = { ok: ["✓", "green"], warn: ["⚠", "yellow"], fail: ["✗", "red"] } as const;

/** `✓ Docker  28.2.2, overlay2`; for ⚠ and ✗ the code and the mending commands on lines of their own. */
export function renderCheck(result: CheckResult, color: boolean): string {
  const [mark, format] = marks[result.status];
  const code = result.code === undefined ? "" : ` [${result.code}]`;
  return [
    `${painter({ color })(format, mark)} ${result.title.padEnd(22)} ${result.found}${code}`,
    ...(result.fix ?? []).map((line) => `    ${line}`),
  ].join("\n");
}

/** The last line of a report, e.g. `20 ok, 2 warnings, 1 problem`. */
export function summary(results: readonly CheckResult[]): string {
  const count = (status: CheckResult["status"]): number => results.filter((r) => r.status === status).length;
  const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
  return `${count("ok")} ok, ${plural(count("warn"), "warning")}, ${plural(count("fail"), "problem")}`;
}
