import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { recordedContent } from "../../../components/releaseContent.ts";

// Inside the repo, as the real one: a record's folder is relative to it.
const { state } = vi.hoisted(() => ({ state: `${process.cwd()}/.taskflow/test-deployments-${process.pid}` }));
vi.mock("../../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../../local/paths.ts")>()),
  stateDir: state,
}));
const { deployments, forgetDeployments, previous, recordFolder, recording } = await import(
  "../../../cli/deployments.ts"
);

const chart = `./.taskflow/test-deployments-${process.pid}/own-chart`;
const release = (tag: string, values: Record<string, unknown> = {}) => ({
  images: { frontend: { repository: "f", tag }, backend: { repository: "b", tag } },
  values: { tag, ...values },
  chart,
});
async function deploy(content: ReturnType<typeof release>, rollout: () => Promise<void> = async () => {}) {
  const steps = recording("dev", () => content, [
    { title: "deploy", run: async () => {} },
    { title: "rollout", run: rollout },
  ]);
  for (const step of steps) await step.run(() => {}, { signal: new AbortController().signal });
}
const numbers = async () => (await deployments("dev")).map(({ number, complete }) => [number, complete]);

beforeEach(async () => {
  rmSync(state, { recursive: true, force: true });
  mkdirSync(join(state, "own-chart", "templates"), { recursive: true });
  writeFileSync(join(state, "own-chart", "templates", "a.yaml"), "kind: A\n");
});
afterAll(() => rmSync(state, { recursive: true, force: true }));

test("each different deployment is recorded once, newest first", async () => {
  await deploy(release("1"));
  await deploy(release("1"));
  await deploy(release("2"));
  expect(await numbers()).toEqual([
    [2, true],
    [1, true],
  ]);
});

test("a changed chart is another deployment, and the record keeps the chart as it was", async () => {
  await deploy(release("1"));
  writeFileSync(join(state, "own-chart", "templates", "a.yaml"), "kind: B\n");
  await deploy(release("1"));
  const content = recordedContent(recordFolder("dev", 1), { nodePort: 30301 });
  expect(content.values).toEqual({ tag: "1", service: { frontend: { nodePort: 30301 } } });
  expect(readFileSync(join(process.cwd(), content.chart, "templates", "a.yaml"), "utf8")).toBe("kind: A\n");
  expect(await numbers()).toHaveLength(2);
});

test("a rollback returns to the last deployment before this one whose rollout completed", async () => {
  const broken = async () => {
    throw new Error("the pods do not start");
  };
  await deploy(release("1"));
  await expect(deploy(release("2"), broken)).rejects.toThrow("the pods do not start");
  await expect(deploy(release("3"), broken)).rejects.toThrow("the pods do not start");
  expect(await numbers()).toEqual([
    [3, false],
    [2, false],
    [1, true],
  ]);
  expect(previous(await deployments("dev"))?.number).toBe(1);
  expect(previous((await deployments("dev")).slice(2))).toBeUndefined();
});

test("the last ten are kept, until they are forgotten", async () => {
  for (let tag = 1; tag <= 12; tag++) await deploy(release(String(tag)));
  expect((await numbers()).map(([number]) => number)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
  await forgetDeployments("dev");
  expect(await numbers()).toEqual([]);
});
