import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { imagesIn, type ReleaseContent, recordedContent } from "../../../components/releaseContent.ts";

// Inside the repo, as the real one: a record's folder is relative to it.
const { state } = vi.hoisted(() => ({ state: `${process.cwd()}/.taskflow/test-deployments-${process.pid}` }));
vi.mock("../../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../../local/paths.ts")>()),
  stateDir: state,
}));
const { forgetDeployments, previous, recording } = await import("../../../cli/deployments.ts");
const { deployments, isDamaged, recordFolder } = await import("../../../cli/records.ts");

const chart = `./.taskflow/test-deployments-${process.pid}/own-chart`;
const release = (tag: string, values: Record<string, unknown> = {}) => ({
  images: { frontend: { repository: "f", tag }, backend: { repository: "b", tag } },
  values: { tag, ...values },
  chart,
});
async function deploy(content: ReleaseContent, rollout: () => Promise<void> = async () => {}) {
  const steps = recording("dev", () => content, [
    { title: "deploy", run: async () => {} },
    { title: "rollout", run: rollout },
  ]);
  for (const step of steps) await step.run(() => {}, { signal: new AbortController().signal });
}
const numbers = async () =>
  (await deployments("dev")).map((one) => [one.number, isDamaged(one) ? one.damaged : one.complete]);
const records = join(state, "dev", "deployments");
const fileOf = (number: number) => join(records, `000${number}`, "deployment.json");

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
  const content = recordedContent(recordFolder("dev", 1), { nodePort: 30301, aiops: undefined });
  expect(content.values).toEqual({ tag: "1", service: { frontend: { nodePort: 30301 } } });
  expect(readFileSync(join(process.cwd(), content.chart, "templates", "a.yaml"), "utf8")).toBe("kind: A\n");
  expect(await numbers()).toHaveLength(2);
});

test("the MCP server's image is part of a deployment; whether there is a server, the configuration says", async () => {
  const kagent = { repository: "todo-kagent", tag: "v1.0.0-0123456789ab" };
  await deploy(release("1"));
  await deploy({ ...release("1"), images: { ...release("1").images, kagent } });
  expect(await numbers()).toHaveLength(2);
  const images = (aiops?: { enabled: boolean; remediation: boolean; image?: string }) =>
    recordedContent(recordFolder("dev", 2), { nodePort: 30301, aiops }).images;
  expect(images({ enabled: true, remediation: false }).kagent).toEqual(kagent);
  expect(images({ enabled: true, remediation: false, image: "other:1" }).kagent).toBeUndefined();
  expect(imagesIn(images())).toEqual(["frontend", "backend"]);
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

describe("a damaged record", () => {
  const edit = (change: (record: Record<string, unknown>) => void) => {
    const record = JSON.parse(readFileSync(fileOf(2), "utf8"));
    change(record);
    writeFileSync(fileOf(2), JSON.stringify(record));
  };

  beforeEach(async () => {
    for (const tag of ["1", "2", "3"]) await deploy(release(tag));
  });

  test.each<[what: string, damage: () => void, why: string]>([
    ["cut off", () => writeFileSync(fileOf(2), '{"number": 2,'), "deployment.json: not JSON"],
    ["of another shape", () => edit((record) => delete record.images), "deployment.json: images: "],
    ["no object", () => writeFileSync(fileOf(2), "null"), "deployment.json: all of it: "],
    [
      "another one's",
      () => edit((record) => (record.number = 3)),
      "deployment.json: says it is deployment 3",
    ],
    ["without its file", () => rmSync(fileOf(2)), "deployment.json: missing"],
    [
      "without its chart",
      () => rmSync(join(records, "0002", "chart"), { recursive: true }),
      "chart: missing",
    ],
    [
      "no folder",
      () => {
        rmSync(join(records, "0002"), { recursive: true });
        writeFileSync(join(records, "0002"), "");
      },
      "deployment.json: ENOTDIR",
    ],
  ])("%s is told by its file; up goes on and leaves it as it is", async (_what, damage, why) => {
    damage();
    const before = await numbers();
    expect(before.map(([number]) => number)).toEqual([3, 2, 1]);
    expect(before[1]?.[1]).toContain(`/dev/deployments/0002/${why}`);
    await deploy(release("4"));
    expect((await numbers()).map(([number]) => number)).toEqual([4, 3, 2, 1]);
    expect(existsSync(join(records, "0002"))).toBe(true);
  });

  test("that is the last one is not written over", async () => {
    writeFileSync(fileOf(3), "precious");
    await deploy(release("3"));
    expect((await numbers())[0]).toEqual([4, true]);
    expect(readFileSync(fileOf(3), "utf8")).toBe("precious");
    expect(previous((await deployments("dev")).slice(1))).toMatchObject({ number: 2, complete: true });
  });

  test("does not count among the ten that are kept", async () => {
    writeFileSync(fileOf(1), "precious");
    for (let tag = 4; tag <= 12; tag++) await deploy(release(String(tag)));
    expect((await numbers()).map(([number]) => number)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 1]);
  });

  test("is not passed over on the way to an older one", async () => {
    writeFileSync(fileOf(2), "");
    expect(previous(await deployments("dev"))).toMatchObject({ number: 2, damaged: expect.any(String) });
  });
});

test("records that nobody can list are an error with its mend, not none", async () => {
  mkdirSync(join(state, "dev"), { recursive: true });
  writeFileSync(records, "");
  await expect(deployments("dev")).rejects.toMatchObject({
    code: "TF1610",
    what: expect.stringMatching(/^\.taskflow\/.*deployments, .*: ENOTDIR$/),
    fix: expect.arrayContaining([expect.stringMatching(/^rm -r \.taskflow\//)]),
  });
  await expect(deploy(release("1"))).rejects.toMatchObject({ code: "TF1610" });
  await forgetDeployments("dev");
  expect(await numbers()).toEqual([]);
});

test("a record is replaced, never written into: a run that is killed leaves the old one or the new one", async () => {
  const kept = join(state, "kept.json");
  await deploy(release("1"), async () => linkSync(fileOf(1), kept));
  expect(JSON.parse(readFileSync(kept, "utf8")).complete).toBe(false);
  expect(await numbers()).toEqual([[1, true]]);
});

test("what a killed run left half made or half removed is no record, and goes", async () => {
  mkdirSync(join(records, "0001.unfinished", "chart"), { recursive: true });
  mkdirSync(join(records, "0007.unfinished"));
  expect(await numbers()).toEqual([]);
  await deploy(release("1"));
  expect(readdirSync(records)).toEqual(["0001"]);
});
