/** Which key `npm run approve` makes codes with: the one that the server has, as the configuration says. */
import { randomBytes } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { afterAll, expect, test, vi } from "vitest";
import type { RunResult } from "../../../local/run.ts";

const { state } = vi.hoisted(() => ({
  state: `${process.env.TMPDIR ?? "/tmp"}/taskflow-approval-${process.pid}`,
}));
vi.mock("../../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../../local/paths.ts")>()),
  stateDir: state,
}));
const { approvalKeyFile, approvalKeyFor } = await import("../../../cli/approvalKey.ts");
afterAll(() => rmSync(state, { recursive: true, force: true }));

const result = (stdout: string, failed = false): RunResult => ({
  exitCode: failed ? 1 : 0,
  failed,
  stdout: failed ? "" : stdout,
  stderr: failed ? stdout : "",
  all: stdout,
});
const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString("base64");
const nobody = async (): Promise<RunResult> => {
  throw new Error("the cluster was asked");
};
const remediating = { namespace: "todo-2", aiops: { enabled: true, remediation: true } };

test.each([
  ["no server", undefined],
  ["a server that is switched off", { enabled: false, remediation: true }],
  ["a server that only reads", { enabled: true, remediation: false }],
])("with %s in the cluster: this checkout's own, made once and for its owner", async (_title, aiops) => {
  const one = await approvalKeyFor({ namespace: "todo-app", aiops }, nobody);
  const two = await approvalKeyFor({ namespace: "todo-app", aiops }, nobody);
  expect(one.from).toBe(approvalKeyFile);
  expect(two.key.equals(one.key)).toBe(true);
  expect(statSync(approvalKeyFile).mode & 0o777).toBe(0o600);
});

test("with one that carries out plans: the key of its Secret", async () => {
  const key = randomBytes(32);
  const asked: string[][] = [];
  const found = await approvalKeyFor(remediating, async (args) => {
    asked.push(args);
    return result(JSON.stringify({ data: { "approval.key": base64(`${key.toString("base64")}\n`) } }));
  });
  expect(found.key.equals(key)).toBe(true);
  expect(found.from).toBe("Secret taskflow-mcp-approval in namespace todo-2");
  expect(asked).toEqual([["get", "secret", "taskflow-mcp-approval", "--output", "json"]]);
});

test("where that cannot be read no other key is taken", async () => {
  const denied = approvalKeyFor(remediating, async () => result("Forbidden", true));
  await expect(denied).rejects.toMatchObject({ code: "TF1713", detail: ["Forbidden"] });
  const short = approvalKeyFor(remediating, async () =>
    result(JSON.stringify({ data: { "approval.key": base64("c2hvcnQ=") } })),
  );
  await expect(short).rejects.toThrow(/holds no key of 32 bytes/);
});
