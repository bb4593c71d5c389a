import { expect, test } from "vitest";
import { merged, type Result, tables } from "../../bench/results.ts";

const result = (bench: string, measured: string, machine = "here"): Result => ({
  bench,
  what: `time of ${bench}`,
  measured,
  runs: 5,
  date: "2026-01-02",
  commit: "abc1234",
  machine,
});

test("a bench's new results replace its earlier ones on this machine alone, in the benches' order", () => {
  const before = [result("b", "2 s"), result("a", "1 s"), result("a", "9 s", "elsewhere")];
  const after = merged(before, [result("a", "3 s")], ["a", "b"]);
  expect(after.map(({ bench, measured, machine }) => [bench, measured, machine])).toEqual([
    ["a", "9 s", "elsewhere"],
    ["a", "3 s", "here"],
    ["b", "2 s", "here"],
  ]);
});

test("each machine has its own table", () => {
  const text = tables([result("a", "1 s"), result("a", "9 s", "elsewhere")]);
  expect(text.split("\n\n").filter((part) => part.endsWith(":"))).toEqual(["here:", "elsewhere:"]);
  expect(text).toContain("| time of a | 9 s | 5 |  | `a` | abc1234, 2026-01-02 |");
});
