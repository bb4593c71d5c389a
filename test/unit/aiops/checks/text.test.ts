import { describe, expect, test } from "vitest";
import { fact, finding } from "../../../../aiops/kagent/checks/finding.ts";
import { cleanLine, cleanTail, readable, redact } from "../../../../aiops/kagent/checks/text.ts";

describe("redact", () => {
  test.each([
    ["postgresql://app:s3cr3t@db:5432/todo", "postgresql://app:***@db:5432/todo"],
    ["postgres://u:p@ss@w0rd@h/d refused", "postgres://u:***@h/d refused"],
    ["Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer ***"],
    ['{"BETTER_AUTH_SECRET":"abcdefgh"}', '{"BETTER_AUTH_SECRET":"***"}'],
    ["DB_PASSWORD=hunter22 next", "DB_PASSWORD=*** next"],
    ["token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_1 expired", "token *** expired"],
    ["key sk-proj-abcdefghijklmnop0123", "key ***"],
  ])("%s", (text, safe) => expect(redact(text)).toBe(safe));

  test.each([
    "password authentication failed",
    "the token is expired",
    "GET http://backend-service:8000/api 200",
  ])("leaves %s", (text) => expect(redact(text)).toBe(text));
});

describe("cleanLine", () => {
  test("control, colour and direction characters", () => {
    expect(cleanLine("\u001b[31mred\u001b[0m\u0007 a\u202eb\u200bc\u0000")).toBe("red  a b c");
  });
  test("bounded, whatever comes", () => {
    const start = performance.now();
    expect(cleanLine("x".repeat(50_000_000))).toHaveLength(400);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
  test("a secret at the cut is redacted as far as it is there", () => {
    expect(cleanLine(`${"x".repeat(380)} postgres://app:${"s".repeat(2000)}@db/x`)).not.toContain("ssss");
  });
});

test("cleanTail keeps the last lines that say something", () => {
  expect(cleanTail("one\n\n  \ntwo\r\nthree\n", 2)).toEqual(["two", "three"]);
});

describe("readable", () => {
  test("JSON logs become lines for people", () => {
    const line =
      '{"level":"critical","event":"wrong environment: X","problems":{"X":"is not set"},"time":"2026"}';
    expect(readable(line)).toBe('CRITICAL wrong environment: X problems={"X":"is not set"}');
  });
  test.each(["plain", "{broken", "[1]", '{"a":1}', "{}"])("%s stays", (line) =>
    expect(readable(line)).toBe(line),
  );
});

test("evidence is cleaned and empty evidence left out", () => {
  const object = { kind: "Pod", namespace: "a", name: "b" };
  const made = finding("TF1501", {
    object,
    what: "x",
    evidence: [
      fact("event", object, "see \u001b[1mpostgres://u:secret@h/d"),
      fact("status", object, undefined),
    ],
  });
  expect(made.evidence).toEqual([{ source: "event", ref: "pod/b", excerpt: "see postgres://u:***@h/d" }]);
});
