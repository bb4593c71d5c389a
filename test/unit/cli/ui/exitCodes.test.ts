import { Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import { type Code, TaskFlowError } from "../../../../aiops/kagent/codes/index.ts";
import { exitCodeOf } from "../../../../cli/ui/exitCodes.ts";
import { Interrupted } from "../../../../cli/ui/interrupt.ts";

test.each<[Code, number]>([
  ["TF1001", 2],
  ["TF1101", 3],
  ["TF1201", 1],
  ["TF1208", 1],
  ["TF1209", 5],
  ["TF1301", 3],
  ["TF1401", 3],
  ["TF1501", 4],
  ["TF1601", 1],
  ["TF1549", 2],
  ["TF1802", 2],
  ["TF1804", 1],
  ["TF1901", 1],
])("%s ends with %i", (code, exit) => expect(exitCodeOf(new TaskFlowError(code, { what: "x" }))).toBe(exit));

test("signals, unknown errors", () => {
  expect(exitCodeOf(new Interrupted("SIGINT"))).toBe(130);
  expect(exitCodeOf(new Interrupted("SIGTERM"))).toBe(143);
  expect(exitCodeOf(new Error("x"))).toBe(1);
  expect(exitCodeOf("text")).toBe(1);
});

test("commander's own errors: usage is 2, help is 0", () => {
  const thrownBy = (args: string[]): unknown => {
    const program = new Command("taskflow")
      .exitOverride()
      .configureOutput({ writeErr: () => {}, writeOut: () => {} });
    try {
      program.option("--stack <name>").parse(args, { from: "user" });
    } catch (error) {
      return error;
    }
  };
  expect(thrownBy(["--nonsense"])).toBeInstanceOf(CommanderError);
  expect(exitCodeOf(thrownBy(["--nonsense"]))).toBe(2);
  expect(exitCodeOf(thrownBy(["--help"]))).toBe(0);
});
