import { expect, test } from "vitest";
import type { Examination } from "../../../aiops/kagent/checks/examine.ts";
import type { Finding } from "../../../aiops/kagent/checks/types.ts";
import { type Change, watchDiagnosis } from "../../../cli/watchDiagnosis.ts";

const finding = (name: string, code: Finding["code"] = "TF1501", others: string[] = []): Finding => ({
  code,
  severity: "error",
  confidence: "definite",
  object: { kind: "Pod", namespace: "n", name },
  affected: others.map((other) => ({ kind: "Pod", namespace: "n", name: other })),
  what: "x",
  evidence: [],
  fix: [],
});
const seen = (findings: Finding[], gaps: string[] = []): Examination => ({
  namespace: "n",
  takenAt: new Date(0),
  findings,
  checked: [],
  notChecked: gaps.map((what) => ({ what, why: "no answer in time" })),
  elapsed: 1,
});

/** Watches through these looks, then is interrupted; gives what was told, in short. */
async function told(...looks: (Examination | Error)[]): Promise<string[]> {
  const lines: string[] = [];
  const controller = new AbortController();
  const reason = new Error("interrupted");
  let next = 0;
  const source = {
    look: async () => {
      const look = looks[next++];
      if (look instanceof Error) throw look;
      return look as Examination;
    },
    tell: (change: Change) => {
      const about =
        "finding" in change
          ? ` ${change.finding.code} ${change.finding.object.name}`
          : "why" in change
            ? ` ${change.why}`
            : "";
      lines.push(`${change.change}${about}`);
    },
    why: (error: unknown) => String(error),
    pause: async () => {
      if (next === looks.length) controller.abort(reason);
    },
  };
  await expect(watchDiagnosis(source, controller.signal)).rejects.toBe(reason);
  return lines;
}

test("only changes are told", async () => {
  const [a, b] = [finding("a"), finding("b")];
  expect(
    await told(seen([]), seen([]), seen([a]), seen([a]), seen([a, b]), seen([b]), seen([b]), seen([b])),
  ).toEqual(["start", "new TF1501 a", "new TF1501 b", "gone TF1501 a"]);
});

test("one look without it is not the end of a finding", async () => {
  const a = finding("a");
  expect(await told(seen([a]), seen([]), seen([a]), seen([]), seen([a]))).toEqual(["start"]);
});

test("another pod that speaks for the same ones is no change", async () => {
  expect(
    await told(
      seen([finding("a", "TF1501", ["b"])]),
      seen([finding("b", "TF1501", ["a"])]),
      seen([finding("b")]),
    ),
  ).toEqual(["start"]);
  expect(await told(seen([finding("a")]), seen([finding("a", "TF1502")]))).toEqual(["start", "new TF1502 a"]);
});

test("loss of the API is told once, survived, and no finding is called gone for it", async () => {
  const a = finding("a");
  const lost = new Error("refused");
  expect(await told(seen([a]), lost, lost, lost, seen([a]), lost, seen([a]))).toEqual([
    "start",
    "lost Error: refused",
    "back",
    "lost Error: refused",
    "back",
  ]);
});

test("what could not be looked at this time is not gone", async () => {
  const a = finding("a");
  expect(await told(seen([a]), seen([], ["events"]), seen([], ["events"]), seen([], ["events"]))).toEqual([
    "start",
  ]);
  // What was never readable, and single logs, stand in the way of nothing.
  const usual = ["nodes", "log of a/x"];
  expect(await told(seen([a], ["nodes"]), seen([], usual), seen([], usual))).toEqual([
    "start",
    "gone TF1501 a",
  ]);
});

test("a first look that fails is the end", async () => {
  const source = {
    look: () => Promise.reject(new Error("no such namespace")),
    tell: () => {},
    why: String,
    pause: async () => {},
  };
  await expect(watchDiagnosis(source, new AbortController().signal)).rejects.toThrow("no such namespace");
});
