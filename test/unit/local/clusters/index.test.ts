import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseCluster, only } from "../../../../local/clusters/index.ts";
import { change, dir, install, remove, reset } from "./fakes/state.ts";

vi.mock("../../../../local/paths.ts", async (original) => {
  const { dir: directory } = await import("./fakes/state.ts");
  return { ...(await original<object>()), stateDir: `${directory}/state` };
});

/** What /proc says of this process's capabilities; the fake minikube needs none. */
const capabilities = vi.hoisted(() => ({ bounding: "000001ffffffffff" }));
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const readFile = (path: string, ...rest: [never]) =>
    path === "/proc/self/status"
      ? Promise.resolve(`CapBnd:\t${capabilities.bounding}\n`)
      : real.readFile(path, ...rest);
  return { ...real, readFile };
});

const report = () => {};
const options = { hostPort: 28432, nodePort: 30300 };
const led = async (choice: string) => {
  const { kind, name } = await chooseCluster(choice, options);
  return `${kind} ${name}`;
};

beforeAll(() => install());
afterAll(remove);
beforeEach(() => {
  capabilities.bounding = "000001ffffffffff";
  reset((facts) => {
    facts.kind = ["dev"];
    facts.k3d = ["one", "two"];
    facts.nodes = { "dev-control-plane": { images: [] } };
    facts.user = { contexts: { office: "https://10.0.0.1:6443" }, current: "k3d-two" };
  });
});

describe("the choice", { timeout: 30_000 }, () => {
  it.each([
    ["embedded", /^embedded taskflow-/],
    ["minikube", /^minikube taskflow$/],
    ["kind", /^kind dev$/],
    ["k3d", /^k3d two$/],
    ["docker-desktop", /^docker-desktop docker-desktop$/],
    ["context:docker-desktop", /^docker-desktop /],
    ["context:kind-dev", /^kind dev$/],
    ["context:k3d-one", /^k3d one$/],
    ["context:kind-of-blue", /^context kind-of-blue$/],
    ["context:office", /^context office$/],
    ["auto", /^minikube taskflow$/],
  ])("%s means %s", async (choice, expected) => {
    expect(await led(choice)).toMatch(expected);
  });

  it("auto is the embedded cluster where privileged containers can't start", async () => {
    capabilities.bounding = "00000000a80425fb";
    expect(await led("auto")).toMatch(/^embedded /);
  });

  it("starts nothing", async () => {
    await led("auto");
    expect(existsSync(join(dir, "state/cluster.json"))).toBe(false);
    expect(existsSync(join(dir, "state/kubeconfig-minikube"))).toBe(false);
  });
});

describe("what a choice led to", { timeout: 30_000 }, () => {
  it("stays from ensure to destroy, whatever is installed meanwhile", async () => {
    const cluster = await chooseCluster("auto", options);
    await cluster.ensure(report);
    capabilities.bounding = "0000000000000000";
    expect(await led("auto")).toBe("minikube taskflow");
    await (await chooseCluster("auto", options)).destroy(report);
    expect(await led("auto")).toMatch(/^embedded /);
    expect(existsSync(join(dir, "state/cluster.json"))).toBe(false);
  });

  it("is found again under its kind", async () => {
    change((facts) => {
      facts.api = "v1.34.0";
    });
    await (await chooseCluster("context:k3d-one", options)).ensure(report);
    // The current context alone would lead to the other one.
    expect(await led("k3d")).toBe("k3d one");
  });

  it("is a hint and no more: without the file the choice is made anew", async () => {
    await (await chooseCluster("auto", options)).ensure(report);
    rmSync(join(dir, "state/cluster.json"));
    capabilities.bounding = "0000000000000000";
    expect(await led("auto")).toMatch(/^embedded /);
  });
});

describe("one of several clusters", () => {
  it("is the current context's, or the only one", () => {
    expect(only("kind", ["a", "b"], "kind-b")).toBe("b");
    expect(only("kind", ["a"], "k3d-x")).toBe("a");
  });

  it.each([
    [["a", "b"], undefined, "--cluster context:kind-a"],
    [[], "office", "kind create cluster"],
  ])("has to be named among %j", (names, current, fix) => {
    let error: { code?: string; fix?: string[] } = {};
    try {
      only("kind", names, current);
    } catch (caught) {
      error = caught as typeof error;
    }
    expect(error.code).toBe("TF1308");
    expect(error.fix?.[0]).toContain(fix);
  });
});
