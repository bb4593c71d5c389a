import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";

const state = vi.hoisted(() => ({ dir: "" }));
state.dir = mkdtempSync(join(tmpdir(), "deployment-"));
afterAll(() => rmSync(state.dir, { recursive: true, force: true }));
vi.mock("../../../local/paths.ts", async (original) => ({
  ...(await original<object>()),
  get stateDir() {
    return state.dir;
  },
}));

const { readDeployment, refuseSwitch, removeDeployment, writeDeployment } = await import(
  "../../../cli/deployment.ts"
);

describe("the note of a deployment", () => {
  test("is there from up to destroy", async () => {
    expect(await readDeployment("dev")).toBeUndefined();
    await writeDeployment("dev", { deployer: "helm", cluster: "embedded", mode: "chart" });
    expect(await readDeployment("dev")).toEqual({ deployer: "helm", cluster: "embedded", mode: "chart" });
    await removeDeployment("dev");
    expect(await readDeployment("dev")).toBeUndefined();
  });

  test("a plain pulumi up is known by the resources in its state", async () => {
    const folder = join(state.dir, "pulumi/.pulumi/stacks/taskflow");
    await mkdir(folder, { recursive: true });
    const stack = { type: "pulumi:pulumi:Stack" };
    const write = (resources: unknown) =>
      writeFile(join(folder, "plain.json"), JSON.stringify({ checkpoint: { latest: { resources } } }));
    await write([stack]);
    expect(await readDeployment("plain")).toBeUndefined();
    await write([stack, { type: "kubernetes:core/v1:Namespace" }]);
    expect(await readDeployment("plain")).toEqual({ deployer: "pulumi" });
  });
});

describe("refuseSwitch", () => {
  const current = { deployer: "pulumi", cluster: "embedded", mode: "chart" } as const;
  test.each([
    ["deployer", { deployer: "helm", cluster: "auto", mode: "chart" }],
    ["cluster", { cluster: "minikube", mode: "chart" }],
    ["deployMode", { cluster: "auto", mode: "release" }],
  ] as const)("another %s is TF1604", (what, wanted) => {
    expect(() => refuseSwitch("dev", current, wanted)).toThrow(new RegExp(`TF1604 .*${what}`));
  });

  test.each([
    { cluster: "auto", mode: "chart" },
    { deployer: "pulumi", cluster: "embedded", mode: "chart" },
  ] as const)("the same, or auto, goes on: %o", (wanted) => {
    expect(() => refuseSwitch("dev", current, wanted)).not.toThrow();
  });

  test("Helm has one mode only", () => {
    const helm = { deployer: "helm", cluster: "embedded", mode: "chart" } as const;
    expect(() => refuseSwitch("dev", helm, { cluster: "auto", mode: "release" })).not.toThrow();
  });
});
