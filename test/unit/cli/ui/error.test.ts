import { describe, expect, test } from "vitest";
import { TaskFlowError } from "../../../../aiops/kagent/codes/index.ts";
import { errorJson, renderError } from "../../../../cli/ui/error.ts";
import { Interrupted } from "../../../../cli/ui/interrupt.ts";

const portTaken = new TaskFlowError("TF1107", {
  what: "port 3000 on 127.0.0.1 is taken by node (pid 4711)",
  values: { stack: "dev", freePort: "3001" },
});
const plain = { color: false, width: 80 };

test("one screen: code, what, why, commands, runbook", () => {
  expect(renderError(portTaken, plain)).toBe(
    `✗ TF1107 port taken

  port 3000 on 127.0.0.1 is taken by node (pid 4711)

  Another program listens on the port under which the frontend would be
  published on this machine.

  Mend it:
    pulumi config set --stack dev taskflow:hostPort 3001
    npm run up

  More: docs/runbooks/TF1107.md`,
  );
});

test("a slot without a value is shown as a placeholder", () => {
  expect(new TaskFlowError("TF1107", { what: "x" }).fix[0]).toContain("taskflow:hostPort <freePort>");
});

describe("detail", () => {
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i} ${"x".repeat(300)}`);
  const screen = renderError(new TaskFlowError("TF1501", { what: "backend exits", detail: lines }), plain);

  test("keeps to one screen of 24 lines and 80 columns", () => {
    expect(screen.split("\n").length).toBeLessThanOrEqual(24);
    expect(Math.max(...screen.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
  test("shows the last lines", () => {
    expect(screen).toContain("│ line 99");
    expect(screen).not.toContain("line 80 ");
  });
  test("a log cannot write to the terminal", () => {
    const evil = new TaskFlowError("TF1501", {
      what: "x",
      detail: ["\u001b[2J\u001b]0;owned\u0007hello\rbye"],
    });
    const shown = renderError(evil, plain);
    expect(shown).toContain("│ hello bye");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that they are not there is the point
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

test("colour only when asked", () => {
  expect(renderError(portTaken, { color: true, width: 80 })).toContain("\u001b[31m");
  expect(renderError(portTaken, plain)).not.toContain("\u001b");
});

test("JSON form", () => {
  expect(errorJson(portTaken)).toEqual({
    code: "TF1107",
    title: "port taken",
    what: "port 3000 on 127.0.0.1 is taken by node (pid 4711)",
    cause: expect.stringContaining("Another program listens"),
    detail: [],
    fix: ["pulumi config set --stack dev taskflow:hostPort 3001", "npm run up"],
    runbook: "docs/runbooks/TF1107.md",
    exitCode: 3,
  });
});

test("an error without a code says where it comes from", () => {
  const json = errorJson(new RangeError("index 7"));
  expect(json).toMatchObject({ code: "TF1901", what: "index 7", exitCode: 1 });
  expect(json.detail[0]).toContain("error.test.ts");
  expect(errorJson("just text").what).toBe("just text");
});

test("an interruption is one line, not an error screen", () => {
  expect(renderError(new Interrupted("SIGINT"), plain)).toBe(
    "Stopped: interrupted by Ctrl-C. The next run picks up from here.",
  );
});
