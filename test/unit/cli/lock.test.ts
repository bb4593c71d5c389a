import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const { state } = vi.hoisted(() => ({
  state: `${process.env.TMPDIR ?? "/tmp"}/taskflow-lock-${process.pid}`,
}));
vi.mock("../../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../../local/paths.ts")>()),
  stateDir: state,
}));
const { exclusively } = await import("../../../cli/lock.ts");
const file = `${state}/lock`;

beforeEach(() => void mkdirSync(state, { recursive: true }));
afterEach(() => rmSync(state, { recursive: true, force: true }));

describe("exclusively", () => {
  test("holds the lock while it works, and gives the result", async () => {
    rmSync(state, { recursive: true });
    const result = await exclusively("up", async () => readFileSync(file, "utf8"));
    expect(result).toBe(`${process.pid} up\n`);
    expect(existsSync(file)).toBe(false);
  });

  test("gives it up when the work fails", async () => {
    const failing = exclusively("up", () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(existsSync(file)).toBe(false);
  });

  test("refuses while another process is at it, and leaves its lock", async () => {
    writeFileSync(file, `${process.ppid} destroy\n`);
    let ran = false;
    const refused = exclusively("up", async () => {
      ran = true;
    });
    await expect(refused).rejects.toMatchObject({
      code: "TF1003",
      what: expect.stringContaining("npm run destroy"),
      fix: expect.arrayContaining([`kill -INT ${process.ppid}`]),
    });
    expect(ran).toBe(false);
    expect(readFileSync(file, "utf8")).toBe(`${process.ppid} destroy\n`);
  });

  test.each([
    ["of a process that is gone", `${spawnSync(process.execPath, ["--version"]).pid} up\n`],
    ["that was cut off", ""],
  ])("takes over a lock %s", async (_what, left) => {
    writeFileSync(file, left);
    expect(await exclusively("up", async () => readFileSync(file, "utf8"))).toBe(`${process.pid} up\n`);
    expect(existsSync(file)).toBe(false);
  });
});
