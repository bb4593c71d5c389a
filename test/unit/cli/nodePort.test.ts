/** A node port that another Service has ends `up`, `preview` and `rollback` of both deployers before they apply. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { freePort, requireNodePort } from "../../../cli/nodePort.ts";
import type { Prepared } from "../../../local/prepare.ts";
import { type ApiServer, apiServer, list } from "../../support/apiServer.ts";
import { prepared } from "../../support/program.ts";

// Inside the repo, as the real one: a record's folder is relative to it.
const fake = vi.hoisted(() => ({
  state: `${process.cwd()}/.taskflow/test-node-port-${process.pid}`,
  applied: [] as string[],
  deployer: "",
  prepared: {} as Prepared,
}));
vi.mock("../../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../../local/paths.ts")>()),
  stateDir: fake.state,
}));
vi.mock("../../../cli/preparing.ts", () => ({
  preparing: () => ({ steps: [], result: () => fake.prepared }),
}));
vi.mock("../../../cli/deployers/index.ts", () => {
  const applies = (verb: string) => ({
    title: verb,
    run: async () => void fake.applied.push(`${fake.deployer} ${verb}`),
  });
  const compares = (verb: string) => async () => {
    fake.applied.push(`${fake.deployer} ${verb}`);
    return "";
  };
  const deployer = {
    up: () => [applies("up")],
    rollback: () => [applies("rollback")],
    preview: compares("preview"),
    drift: compares("refresh"),
  };
  return { chooseDeployer: async () => ({ deployer: { ...deployer, name: fake.deployer } }) };
});
vi.mock("../../../local/clusters/index.ts", () => ({
  chooseCluster: async () => ({ listImages: async () => ["f:1", "b:1"] }),
}));

let server: ApiServer;
const service = (name: string, spec: object) => {
  const [namespace, own] = name.split("/");
  return { metadata: { namespace, name: own }, spec };
};
const services = "/api/v1/services";
const cluster = (...items: object[]) => {
  server.answers[services] = list(items);
};
const shop = service("shop/web", { ports: [{ port: 80 }, { port: 443, nodePort: 30300 }] });
const own = service("todo-app/frontend-service", { ports: [{ port: 3000, nodePort: 30300 }] });

beforeEach(async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.spyOn(console, "log").mockReturnValue();
  fake.applied = [];
  mkdirSync(fake.state, { recursive: true });
  server = await apiServer();
  fake.prepared = {
    ...prepared,
    access: server.access,
    address: { ...prepared.address, frontendUrl: undefined },
  };
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});
afterAll(() => rmSync(fake.state, { recursive: true, force: true }));

const ask = () =>
  requireNodePort(fake.prepared.access, { namespace: "todo-app", nodePort: 30300, stack: "dev" });

describe("the port", () => {
  test("is free, or our own frontend's", async () => {
    cluster(service("default/kubernetes", { ports: [{ port: 443 }] }));
    expect(await ask()).toBeUndefined();
    cluster(own);
    expect(await ask()).toBeUndefined();
  });

  test("of another Service is told with that Service's name and a port that nobody has", async () => {
    const next = service("shop/api", { ports: [{ nodePort: 30301 }], healthCheckNodePort: 30302 });
    cluster(shop, next);
    await expect(ask()).rejects.toMatchObject({
      code: "TF1310",
      what: expect.stringContaining("Service shop/web has port 30300 "),
      fix: ["pulumi config set --stack dev taskflow:nodePort 30303", "npm run up -- --stack dev"],
    });
  });

  test.each([
    ["a frontend-service of another namespace", service("todo-two/frontend-service", own.spec)],
    ["another Service of our namespace", service("todo-app/other", own.spec)],
    ["a load balancer's health check", service("shop/lb", { healthCheckNodePort: 30300 })],
  ])("of %s is not ours", async (_what, holder) => {
    cluster(holder);
    await expect(ask()).rejects.toMatchObject({ code: "TF1310" });
  });

  test("is left to the API where other namespaces are not ours to see", async () => {
    server.answers[services] = { status: 403 };
    expect(await ask()).toContain("not looked");
  });

  test("of a cluster that answers with an error is no free port", async () => {
    server.answers[services] = { status: 500 };
    await expect(ask()).rejects.toMatchObject({ code: "TF1301", what: expect.stringContaining("HTTP 500") });
  });
});

test("a free port is looked for upwards and then from the start of the range", () => {
  expect(freePort(32_767, new Set([32_767, 30_000]))).toBe(30_001);
  const all = Array.from({ length: 2768 }, (_, index) => 30_000 + index);
  expect(freePort(30_300, new Set(all))).toBeUndefined();
});

describe.each(["helm", "pulumi"])("with %s", (deployer) => {
  const verbs = ["up", "preview", "refresh", "rollback"] as const;
  async function run(verb: (typeof verbs)[number]) {
    fake.deployer = deployer;
    const images = { frontend: { repository: "f", tag: "1" }, backend: { repository: "b", tag: "1" } };
    for (const number of [1, 2]) {
      const folder = join(fake.state, "dev", "deployments", `000${number}`);
      mkdirSync(join(folder, "chart"), { recursive: true });
      const record = { number, at: "", complete: true, images, values: {}, chartHash: "" };
      writeFileSync(join(folder, "deployment.json"), JSON.stringify(record));
    }
    const made = (await import(`../../../cli/verbs/${verb}.ts`))[verb]();
    await made.parseAsync(["--stack", "dev"], { from: "user" });
  }

  test.each(["up", "preview", "rollback"] as const)("%s applies nothing", async (verb) => {
    cluster(shop);
    await expect(run(verb)).rejects.toMatchObject({ code: "TF1310" });
    expect(fake.applied).toEqual([]);
  });

  test.each(verbs)("%s goes on where the port is ours", async (verb) => {
    cluster(own);
    await run(verb);
    expect(fake.applied).toEqual([`${deployer} ${verb}`]);
  });

  test("refresh shows the drift all the same", async () => {
    cluster(shop);
    await run("refresh");
    expect(fake.applied).toEqual([`${deployer} refresh`]);
  });
});
