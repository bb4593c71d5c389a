import { expect, test } from "vitest";
import { failures } from "../../runner/tools.ts";

const result = (status: string, fullName: string, failureMessages: string[] | null = null) => ({
  status,
  fullName,
  failureMessages,
});

test("names each failed test with the first lines of why, uncoloured", () => {
  const message = ["\u001b[31mexpected 1 to be 2\u001b[39m", ...Array(40).fill("    at somewhere")].join(
    "\n",
  );
  const files = [
    {
      name: "/repo/test/a.test.ts",
      status: "failed",
      message: "",
      assertionResults: [result("passed", "fine"), result("failed", "sums > adds", [message])],
    },
    {
      name: "/repo/test/b.test.ts",
      status: "passed",
      message: "",
      assertionResults: [result("passed", "x")],
    },
  ];
  const [only, ...others] = failures(files, "/repo");
  expect(others).toEqual([]);
  expect(only?.split("\n").slice(0, 2)).toEqual(["test/a.test.ts > sums > adds", "    expected 1 to be 2"]);
  expect(only?.split("\n")).toHaveLength(16);
});

test("a file that failed before its tests is named with its message", () => {
  const assertionResults = [result("pending", "never ran")];
  const files = [{ name: "/repo/test/c.test.ts", status: "failed", message: "no Docker", assertionResults }];
  expect(failures(files, "/repo")).toEqual(["test/c.test.ts\n    no Docker"]);
});
