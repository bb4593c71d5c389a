/**
 * What of the chart only a real API server, scheduler and database can judge. (The cluster and the database are this
 * test's own; their names and state folder are changed here, their code is not.)
 */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { watchRollout } from "../../aiops/kagent/checks/watchRollout.ts";
import { ensureImage } from "../../components/builtImage.ts";
import { components } from "../../components/chartValues.ts";
import { imageSpecs } from "../../components/imageBuild.ts";
import { ensureBases } from "../../local/baseImages/index.ts";
import { withClient } from "../../local/postgres/roles.ts";
import { appRole } from "../../local/postgres/settings.ts";
import type { Report, RunResult } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import {
  chart,
  type KubernetesObject,
  type Rendered,
  render,
  type ValuesName,
  valuesFiles,
  withValues,
} from "../chart/helm.ts";
import { fill, free, nodeRoom } from "../support/capacity.ts";
import { type HelmVersion, ownCluster, restrictedNamespace } from "../support/ownCluster.ts";
import { addTask, addTasksWhile, signUp } from "../support/visitor.ts";

const { state, checkout } = vi.hoisted(() => ({
  checkout: `chart${process.pid}`,
  state: `${process.env.TMPDIR ?? "/tmp"}/taskflow-chart-${process.pid}`,
}));
vi.mock("../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../local/paths.ts")>()),
  checkoutId: checkout,
  stateDir: state,
}));
const { embeddedCluster } = await import("../../local/clusters/embedded/index.ts");
const { firstFree } = await import("../../local/clusters/embedded/ports.ts");
const { ensurePostgres, listenAddresses, removePostgresData } = await import("../../local/postgres/index.ts");

const nodePort = 30_323;
const hostPort = await firstFree(35_000);
const url = `http://localhost:${hostPort}`;
const cluster = embeddedCluster({ hostPort, nodePort });
const own = ownCluster(cluster);
const { kubectl } = own;
const release = "todo-local";
/** Where the release lives that most tests look at; the one whose NodePort leads to `url`. */
const home = "home";
const report: Report = (line) => console.log(line);
const specs = imageSpecs({ version: "v1.0.0", bases: await ensureBases(report) });

/** The app's connection as the pods make it, and the two that the tests make. */
let database: { fromPods: string; app: string; admin: string };

beforeAll(async () => {
  for (const name of ["helm3", "helm4", "kubectl"] as const) await tool(name, report);
  await cluster.ensure(report);
  for (const component of components)
    await cluster.loadImage(await ensureImage(specs[component], { report }), report);
  const address = await cluster.nodeAddress();
  const server = await ensurePostgres({
    listen: listenAddresses(address),
    allowCidrs: address.podSourceCidrs,
    report,
  });
  database = {
    fromPods: server.url(address.hostFromPods as string),
    app: server.url("127.0.0.1"),
    admin: server.adminUrl,
  };
});

afterAll(async () => {
  await cluster.destroy(report);
  await removePostgresData();
  rmSync(state, { recursive: true, force: true });
});

/** A namespace under the restricted standard, with the Secret that the chart's default values name. */
async function namespace(name: string): Promise<void> {
  const stringData = { DATABASE_URL: database.fromPods, BETTER_AUTH_SECRET: "x".repeat(40) };
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "taskflow", namespace: name },
    stringData,
  };
  await own.apply([restrictedNamespace(name), secret]);
}

/** Installs or upgrades the release: the dev values, this test's images, `set` on top. */
function deploy(helm: HelmVersion, place: string, set: string[], ...args: string[]): Promise<RunResult> {
  const image = Object.fromEntries(
    components.map((component) => [component, { tag: specs[component].tag }] as const),
  );
  const values = { image, env: { appUrl: url }, service: { frontend: { nodePort } } };
  const all = [`--namespace=${place}`, ...set.flatMap((value) => ["--set", value]), ...args];
  return withValues({ base: "dev", values }, (files) =>
    own.helm(helm, "upgrade", "--install", release, chart, ...files, ...all),
  );
}

const waiting = ["--wait", "--timeout=3m"];

/** Throws with Helm's words where it failed. */
async function succeeds(result: Promise<RunResult>): Promise<void> {
  const { failed, all } = await result;
  if (failed) throw new Error(all);
}

const rolledOut = (name: string) =>
  kubectl("rollout", "status", `deployment/${name}`, `--namespace=${home}`, "--timeout=150s");
const query = (connection: string, sql: string) => withClient(connection, (client) => client.query(sql));
const revision = async () => (await query(database.app, "SELECT version_num FROM alembic_version")).rows;

describe("Pod Security, restricted", () => {
  /** Kinds of API groups that have to be installed first, and are not. */
  const unknown = ["HTTPRoute"];
  // What the objects are rendered for.
  const place = "todo-app";
  const dryRun = (objects: readonly object[]) => own.apply(objects, "--dry-run=server");

  /** What the API server would make pods of: the chart's own, and one for each Deployment's template. */
  function pods(rendered: Rendered): object[] {
    return rendered.objects.flatMap(({ kind, metadata }) => {
      if (kind === "Pod") return [rendered.get(kind, metadata.name)];
      if (kind !== "Deployment") return [];
      const template = rendered.get(kind, metadata.name).spec?.template;
      return [
        { apiVersion: "v1", kind: "Pod", ...template, metadata: { ...metadata, ...template?.metadata } },
      ];
    });
  }
  const isKnown = ({ kind }: KubernetesObject) => !unknown.includes(kind);

  beforeAll(async () => {
    const priority = {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name: "important" },
    };
    // No pod is admitted without its account.
    const accounts = (await render()).objects.filter(({ kind }) => kind === "ServiceAccount");
    await own.apply([restrictedNamespace(place), { ...priority, value: 1 }, ...accounts]);
  });

  test.each(Object.keys(valuesFiles) as ValuesName[])(
    "all of values %s is admitted, unwarned",
    async (base) => {
      const rendered = await render({ base });
      const left = rendered.objects.filter((object) => !isKnown(object));
      for (const { kind, metadata } of left)
        console.log(`not tried, the cluster has no ${kind}: ${metadata.name}`);
      expect(left).toHaveLength(base === "everything" ? 1 : 0);
      const tried = [...rendered.objects.filter(isKnown), ...pods(rendered)];
      expect(pods(rendered)).toHaveLength(3);
      const said = await dryRun(tried);
      expect(said).not.toMatch(/warning/i);
      expect(said.match(/\(server dry run\)$/gm)).toHaveLength(tried.length);
    },
  );

  test("the same pods are refused, their Deployments warned of, where privileges may escalate", async () => {
    const rendered = await render({ values: { securityContext: { allowPrivilegeEscalation: true } } });
    for (const pod of pods(rendered))
      await expect(dryRun([pod])).rejects.toThrow(
        /violates PodSecurity "restricted:.*allowPrivilegeEscalation/,
      );
    const said = await dryRun(components.map((component) => rendered.get("Deployment", component)));
    expect(said.match(/^Warning: would violate PodSecurity "restricted:/gm)).toHaveLength(2);
  });
});

describe("the first start", () => {
  /** Any number; the backend's for ever (app/migrate.py). */
  const lock = 7_236_824_501;
  const waitingForIt = "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";

  test("three backends at once migrate an empty database once", async () => {
    await namespace(home);
    let installed: Promise<void> | undefined;
    await withClient(database.app, async (client) => {
      // Holds all three at the migration's door, so that they do come at once.
      await client.query("SELECT pg_advisory_lock($1)", [lock]);
      const set = ["replicaCount.frontend=2", "replicaCount.backend=3"];
      installed = succeeds(deploy("helm4", home, set, ...waiting));
      installed.catch(() => {});
      const atTheDoor = async () => (await client.query(waitingForIt)).rows[0].count;
      await expect.poll(atTheDoor, { timeout: 60_000, interval: 200 }).toBe(3);
    });
    await installed;
    const logs = await kubectl("logs", `-n=${home}`, "-l=app=backend", "-c=migrate", "--tail=-1");
    expect(logs.match(/schema migrated/g)).toHaveLength(1);
    expect(logs.match(/schema is up to date/g)).toHaveLength(2);
  });
});

describe("helm test", () => {
  const helmTest = (helm: HelmVersion, place: string) =>
    own.helm(helm, "test", release, `--namespace=${place}`, "--logs", "--timeout=2m");
  const passes = async (helm: HelmVersion, place: string) => {
    const { failed, all } = await helmTest(helm, place);
    expect(failed, all).toBe(false);
    expect(all).toMatch(/POST http:\/\/frontend-service:3000\/api\/v1\/tasks: 201/);
    expect(all).toContain("the task reached the database");
  };
  const fails = async (why: RegExp) => {
    const { failed, all } = await helmTest("helm4", home);
    expect(failed, all).toBe(true);
    expect(all).toMatch(why);
  };

  test("passes with Helm 4", () => passes("helm4", home));

  test("fails while the backend's Service leads nowhere", async () => {
    const select = (app: string) =>
      kubectl(
        "patch",
        "service",
        "backend-service",
        `-n=${home}`,
        `-p={"spec":{"selector":{"app":"${app}"}}}`,
      );
    await select("nobody");
    await fails(/backend-service:8000\/health\/ready|fetch failed/);
    await select("backend");
  });

  test("fails while the database lets nobody in", async () => {
    await query(database.admin, `ALTER ROLE ${appRole} NOLOGIN`);
    await query(
      database.admin,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${appRole}'`,
    );
    await fails(/not permitted to log in/);
    await query(database.admin, `ALTER ROLE ${appRole} LOGIN`);
  });
});

describe("a NodePort that another release has", () => {
  const place = "second";

  test.each(["helm4", "helm3"] as const)("%s says so, and no Service leads to what it left", async (helm) => {
    await namespace(place);
    const { failed, all } = await deploy(helm, place, []);
    expect(failed).toBe(true);
    expect(all).toContain(`${nodePort}: provided port is already allocated`);
    expect((await own.helm(helm, "status", release, "-n", place)).stdout).toMatch(/^STATUS: failed$/m);
    // Its pods do run: Helm takes nothing back by itself.
    expect(await kubectl("get", "services", "-n", place, "-o=name")).not.toContain("frontend-service");
    await succeeds(own.helm(helm, "uninstall", release, "-n", place));
    expect(await kubectl("get", "deployments,services", "-n", place, "-o=name")).toBe("");
  });

  test("with another one Helm 3 installs, and its test passes", async () => {
    await succeeds(deploy("helm3", place, [`service.frontend.nodePort=${nodePort + 1}`], ...waiting));
    const { failed, all } = await own.helm("helm3", "test", release, `-n=${place}`, "--logs");
    expect(failed, all).toBe(false);
    expect(all).toContain("the task reached the database");
    await kubectl("delete", "namespace", place);
  });
});

describe("2 CPUs and 4 GB, the system's parts included", () => {
  const limit = { cpu: 2, memory: 4e9 };
  // As in test/chart/security.test.ts. Here the system's parts are no pods, so one stands for them.
  const system = { cpu: 0.85, memory: 500 * 2 ** 20 };
  const replicas = ["replicaCount.frontend=2", "replicaCount.backend=2"];
  const unscheduled = () =>
    kubectl(
      "get",
      "events",
      `-n=${home}`,
      "--field-selector=reason=FailedScheduling",
      "-o=jsonpath={..message}",
    );
  const running = async () => (await kubectl("get", "pods", `-n=${home}`, "-o=name")).split("\n").length;

  beforeAll(async () => {
    await succeeds(deploy("helm4", home, replicas, ...waiting));
    const { allocatable } = await nodeRoom(own);
    await fill(own, "rest-of-the-node", {
      cpu: Math.max(0, allocatable.cpu - limit.cpu),
      memory: Math.max(0, allocatable.memory - limit.memory),
    });
    await fill(own, "system", system);
  });
  afterAll(() => kubectl("delete", "namespace", "fillers"));

  test("two of each roll out at once, and each pod finds its place at once", async () => {
    expect(await unscheduled()).toBe("");
    let most = 0;
    let over = false;
    const rollout = succeeds(deploy("helm4", home, [...replicas, "secretsRevision=two"], ...waiting)).finally(
      () => {
        over = true;
      },
    );
    while (!over) most = Math.max(most, await running());
    await rollout;
    expect(await unscheduled()).toBe("");
    // Otherwise they did not roll out at once, and the room was never needed.
    expect(most).toBeGreaterThanOrEqual(6);
  });

  test("with 1m less than two more pods need, one of them waits until there is room", async () => {
    const { allocatable, requested } = await nodeRoom(own);
    await fill(own, "too-much", { cpu: allocatable.cpu - requested.cpu - 0.199, memory: 0 });
    await succeeds(deploy("helm4", home, [...replicas, "secretsRevision=three"]));
    await expect.poll(unscheduled, { timeout: 30_000, interval: 200 }).toContain("Insufficient cpu");
    await free(own, "too-much");
    for (const component of components) await rolledOut(component);
  });
});

describe("a migration that fails", () => {
  let headers: Record<string, string>;
  const pods = async () =>
    (await kubectl("get", "pods", `-n=${home}`, "-l=app=backend", "-o=name")).split("\n");
  const set = ["replicaCount.frontend=2", "replicaCount.backend=2", "secretsRevision=migrating"];

  beforeAll(async () => {
    ({ headers } = await signUp(url));
  });

  test("leaves the old pods serving and says why", async () => {
    const before = await pods();
    // The tables are there, what made them is forgotten.
    await query(database.app, "DELETE FROM alembic_version");
    await succeeds(deploy("helm4", home, set));
    const watched = watchRollout({
      ...(await cluster.kubeconfig()),
      ...{ namespace: home, deployments: ["backend"], timeout: 60_000 },
    });
    const { added, failures } = await addTasksWhile(url, headers, watched);
    const { complete, findings } = await watched;
    expect(complete).toBe(false);
    expect(findings[0]).toMatchObject({ code: "TF1508", confidence: "definite" });
    const said = findings[0]?.evidence.map(({ excerpt }) => excerpt).join();
    expect(said).toMatch(/the migration failed and was rolled back: relation .*user.* already exists/);
    expect(failures).toEqual([]);
    expect(added).toBeGreaterThan(10);
    expect(await pods()).toEqual(expect.arrayContaining(before));
  });

  test("is tried again by itself, and the rollout goes on", async () => {
    await query(database.app, "INSERT INTO alembic_version VALUES ('0001')");
    await rolledOut("backend");
    await addTask(url, headers, "after the migration");
  });

  test("a version from before the schema's takes over from the newer one, and serves", async () => {
    // What a newer version's migration does: it expands.
    await query(database.app, "ALTER TABLE task ADD COLUMN priority integer");
    await query(database.app, "UPDATE alembic_version SET version_num = '9999'");
    const before = await pods();
    await succeeds(own.helm("helm4", "rollback", release, `-n=${home}`, ...waiting));
    const logs = await kubectl("logs", `-n=${home}`, "-l=app=backend", "-c=migrate", "--tail=-1");
    expect(logs.match(/schema is ahead of this version/g)).toHaveLength(2);
    await expect.poll(pods, { timeout: 60_000 }).not.toEqual(expect.arrayContaining(before.slice(0, 1)));
    await addTask(url, headers, "from a session of the newer version");
    await addTask(url, (await signUp(url)).headers, "from a new session");
    expect(await revision()).toEqual([{ version_num: "9999" }]);
  });
});
