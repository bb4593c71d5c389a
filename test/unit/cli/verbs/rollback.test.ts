/** `rollback` and `up` beside a damaged record. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";

// Inside the repo, as the real one: a record's folder is relative to it.
const { state } = vi.hoisted(() => ({ state: `${process.cwd()}/.taskflow/test-rollback-${process.pid}` }));
vi.mock("../../../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../../../local/paths.ts")>()),
  stateDir: state,
}));
vi.mock("../../../../cli/deployers/index.ts", () => {
  const steps = () => [{ title: "never reached", run: async () => {} }];
  return { chooseDeployer: async () => ({ deployer: { name: "helm", up: steps, rollback: steps } }) };
});
vi.mock("../../../../cli/preparing.ts", () => {
  const run = async () => {
    throw new Error("it went on");
  };
  return { preparing: () => ({ steps: [{ title: "Prepare", run }], result: () => {} }) };
});
const { rollback } = await import("../../../../cli/verbs/rollback.ts");
const { up } = await import("../../../../cli/verbs/up.ts");

const file = (number: number) => join(state, "dev", "deployments", `000${number}`, "deployment.json");
const rollBack = (...args: string[]) => rollback().parseAsync(args, { from: "user" });
let shown: string[];
let said: string[];

beforeEach(() => {
  rmSync(state, { recursive: true, force: true });
  shown = [];
  said = [];
  vi.spyOn(console, "log").mockImplementation((line) => void shown.push(line));
  vi.spyOn(console, "error").mockImplementation((line) => void said.push(line));
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  for (const number of [1, 2, 3]) {
    mkdirSync(join(file(number), "..", "chart"), { recursive: true });
    const images = { frontend: { repository: "f", tag: "v1" }, backend: { repository: "b", tag: "v2" } };
    const record = { number, at: "2026-11-25", complete: true, images, values: {}, chartHash: "" };
    writeFileSync(file(number), JSON.stringify(record));
  }
  writeFileSync(file(2), "{");
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(state, { recursive: true, force: true }));

test("--list shows it among the others, with its file", async () => {
  await rollBack("--list");
  expect(shown).toEqual([
    "   3  2026-11-25  complete    frontend v1, backend v2",
    expect.stringMatching(/^ {3}2 {2}damaged: \.taskflow\/.*\/0002\/deployment\.json: not JSON$/),
    "   1  2026-11-25  complete    frontend v1, backend v2",
  ]);
  shown = [];
  await rollBack("--list", "--json");
  const listed = JSON.parse(shown.join(""));
  expect(listed.map(({ number }: { number: number }) => number)).toEqual([3, 2, 1]);
  expect(listed[1].damaged).toContain("not JSON");
});

test.each([[[]], [["--to", "2"]]])("rollback %j to it is refused with what mends it", async (args) => {
  await expect(rollBack(...args)).rejects.toMatchObject({
    code: "TF1610",
    what: expect.stringContaining("0002/deployment.json: not JSON"),
    fix: expect.arrayContaining([expect.stringMatching(/^rm -r \.taskflow\/.*\/0002$/)]),
  });
});

test("rollback to another one goes on", async () => {
  await expect(rollBack("--to", "1")).rejects.toThrow("it went on");
});

test("up goes on, says so in one line and leaves it as it is", async () => {
  await expect(up().parseAsync([], { from: "user" })).rejects.toThrow("it went on");
  expect(said).toEqual([
    expect.stringMatching(
      /^Going on without the record of deployment 2, .*rm -r \.taskflow\/.*\/0002 forgets/,
    ),
  ]);
  expect(readFileSync(file(2), "utf8")).toBe("{");
});

test("a folder of records that can't be listed ends both", async () => {
  rmSync(join(state, "dev", "deployments"), { recursive: true });
  writeFileSync(join(state, "dev", "deployments"), "");
  const update = () => up().parseAsync([], { from: "user" });
  for (const run of [() => rollBack("--list"), () => rollBack(), update]) {
    await expect(run()).rejects.toMatchObject({ code: "TF1610", what: expect.stringContaining("ENOTDIR") });
  }
});
