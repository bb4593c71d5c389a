import { describe, expect, test } from "vitest";
import type { Examination } from "../../../../aiops/kagent/checks/examine.ts";
import type { Finding, ObjectRef } from "../../../../aiops/kagent/checks/types.ts";
import { renderDiagnosis } from "../../../../cli/ui/diagnosis.ts";

const style = { color: false, width: 100 };
const ref = (kind: string, name: string, container?: string): ObjectRef => ({
  kind,
  namespace: "todo-app",
  name,
  ...(container ? { container } : {}),
});

const crash: Finding = {
  code: "TF1501",
  severity: "error",
  confidence: "definite",
  object: ref("Pod", "backend-1-a", "backend"),
  affected: [ref("Pod", "backend-1-b", "backend")],
  what: "backend exits soon after its start with code 1; 3 run(s) have ended.",
  evidence: [
    { source: "log", ref: "pod/backend-1-a/backend", excerpt: "starting\nValueError: no such mode" },
  ],
  fix: ["npm run logs -- backend"],
  blastRadius: [ref("Service", "backend-service")],
};
const stalled: Finding = {
  code: "TF1509",
  severity: "warning",
  confidence: "definite",
  object: ref("Deployment", "backend"),
  affected: [],
  what: "no progress for 120 s; 1 pod(s) serve.",
  evidence: [],
  fix: ["npm run status"],
  causedBy: { code: "TF1501", object: ref("Pod", "backend-1-a", "backend") },
};
const seen = (findings: Finding[], facts: Partial<Examination> = {}): Examination => ({
  namespace: "todo-app",
  takenAt: new Date("2026-11-23T17:00:03"),
  findings,
  checked: ["crashLoop", "stalledRollout"],
  notChecked: [],
  elapsed: 840,
  ...facts,
});

test("what a plan could mend is said before what people do by hand", () => {
  const proposals: Finding["proposals"] = [{ action: "rolloutUndo", deployment: "backend" }];
  const lines = renderDiagnosis(seen([{ ...crash, proposals }]), style).split("\n");
  expect(lines.slice(lines.indexOf("    Mend it:") + 1, -1).slice(0, 2)).toEqual([
    "      npm run mend   # rolloutUndo, shown before it asks",
    "      npm run logs -- backend",
  ]);
});

test("the whole page", () => {
  const page = renderDiagnosis(
    seen([crash, stalled], { notChecked: [{ what: "events", why: "the API server refuses it (HTTP 403)" }] }),
    style,
  );
  expect(page.split("\n")).toEqual([
    "Namespace todo-app: 2 findings, 1 root cause (2 checks, 0.8s, 17:00:03)",
    "",
    "✗ TF1501 container keeps crashing  pod backend-1-a/backend  (definite)",
    "    backend exits soon after its start with code 1; 3 run(s) have ended.",
    "    the same: pod backend-1-b/backend",
    "    does not serve because of it: service backend-service",
    "    log of pod/backend-1-a/backend:",
    "    │ starting",
    "    │ ValueError: no such mode",
    "    Mend it:",
    "      npm run logs -- backend",
    "    More: docs/runbooks/TF1501.md",
    "    └ from this follows: ⚠ TF1509 rollout does not progress  deployment backend  (definite)",
    "          no progress for 120 s; 1 pod(s) serve.",
    "          Mend it:",
    "            npm run status",
    "          More: docs/runbooks/TF1509.md",
    "",
    "Not looked at:",
    "  events: the API server refuses it (HTTP 403)",
  ]);
});

test("nothing found", () => {
  expect(renderDiagnosis(seen([]), style)).toBe(
    "✓ namespace todo-app: no finding (2 checks, 0.8s, 17:00:03)",
  );
});

describe("no finding is lost from the page", () => {
  const causedBy = (found: Finding, by: Finding): Finding => ({
    ...found,
    causedBy: { code: by.code, object: by.object },
  });
  test.each([
    ["an effect whose cause is not there", [stalled], 1],
    ["a ring of two", [causedBy(crash, stalled), stalled], 2],
    ["one that names itself", [causedBy(crash, crash)], 1],
    [
      "an effect of an effect, in any order",
      [causedBy({ ...stalled, code: "TF1511" }, stalled), stalled, crash],
      1,
    ],
  ])("%s", (_name, findings, roots) => {
    const page = renderDiagnosis(seen(findings), style);
    for (const { code } of findings) expect(page).toContain(` ${code} `);
    expect(page).toContain(`${roots} root cause`);
  });
});

test("text of others cannot draw on the screen, forge a line or show a secret", () => {
  const excerpt = "\u001b[2Jgone\r✓ all is well\npassword=hunter22\n\u202eevil";
  const page = renderDiagnosis(
    seen([
      { ...crash, what: "said \u001b[31mred", evidence: [{ source: "log", ref: "pod/x\n✓ y", excerpt }] },
    ]),
    style,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(page).not.toMatch(/[\u001b\r\u202e]|hunter22/);
  expect(page.split("\n").filter((line) => line.startsWith("✓"))).toEqual([]);
  expect(page).toContain("    │ gone ✓ all is well");
});

test("of many others there is the number", () => {
  const affected = Array.from({ length: 9 }, (_, index) => ref("Pod", `p${index}`));
  expect(renderDiagnosis(seen([{ ...crash, affected }]), style)).toContain(
    "the same: pod p0, pod p1, pod p2, pod p3 and 5 more",
  );
});
