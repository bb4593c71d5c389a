import { expect, test } from "vitest";
import { renderCheck, summary } from "../../../../cli/ui/checks.ts";
import type { CheckResult } from "../../../../local/doctor/types.ts";

const ok: CheckResult = { id: "node", title: "Node", status: "ok", found: "24.21.0" };
const bad: CheckResult = {
  id: "port",
  title: "Port 3000",
  status: "fail",
  found: "taken by nginx",
  code: "TF1107",
  fix: ["npm run up", "# or stop nginx"],
};

test("what is well takes one line", () =>
  expect(renderCheck(ok, false)).toBe("✓ Node                   24.21.0"));

test("what is not shows its code and each mending command", () => {
  expect(renderCheck(bad, false)).toBe(
    "✗ Port 3000              taken by nginx [TF1107]\n    npm run up\n    # or stop nginx",
  );
});

test("colour marks the status only", () => {
  expect(renderCheck(ok, true).startsWith("\u001b[32m✓\u001b[39m Node")).toBe(true);
});

test("summary", () => {
  expect(summary([ok, bad, { ...bad, status: "warn" }, { ...bad, status: "warn" }])).toBe(
    "1 ok, 2 warnings, 1 problem",
  );
});
