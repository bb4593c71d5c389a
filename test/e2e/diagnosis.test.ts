/**
 * The rollout watch on a real cluster: each fault is put into a namespace of its own and has to be told apart within
 * seconds. (The cluster is this test's own; its name and state folder are changed here, its code is not.)
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { connect } from "../../aiops/kagent/checks/api.ts";
import { gather } from "../../aiops/kagent/checks/gather.ts";
import { diagnose } from "../../aiops/kagent/checks/index.ts";
import { type RolloutResult, watchRollout } from "../../aiops/kagent/checks/watchRollout.ts";
import type { Code } from "../../aiops/kagent/codes/index.ts";
import { ensureBase } from "../../local/baseImages/index.ts";
import { buildImage, docker } from "../../local/docker.ts";

const { state, checkout } = vi.hoisted(() => ({
  checkout: `diagnosis${process.pid}`,
  state: `${process.env.TMPDIR ?? "/tmp"}/taskflow-diagnosis-${process.pid}`,
}));
vi.mock("../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../local/paths.ts")>()),
  checkoutId: checkout,
  stateDir: state,
}));
const { embeddedCluster } = await import("../../local/clusters/embedded/index.ts");
const { containerName } = await import("../../local/clusters/embedded/container.ts");
const { firstFree } = await import("../../local/clusters/embedded/ports.ts");

const cluster = embeddedCluster({ hostPort: await firstFree(34_000), nodePort: 30_322 });
const image = `${checkout}-shell:v1`;

async function kubectl(args: string[], input?: unknown): Promise<string> {
  const interactive = input === undefined ? [] : ["--interactive"];
  const result = await docker(["exec", ...interactive, containerName, "kubectl", ...args], {
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
  });
  if (result.failed) throw new Error(`kubectl ${args.join(" ")}: ${result.all}`);
  return result.stdout;
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "taskflow-shell-"));
  writeFileSync(join(folder, "Dockerfile"), "ARG BASE\nFROM $BASE\n");
  const args = { BASE: await ensureBase("debian", () => {}) };
  const built = await buildImage({ context: folder, tags: [image], args });
  rmSync(folder, { recursive: true });
  await cluster.ensure(() => {});
  await cluster.loadImage(built, () => {});
});

afterAll(async () => {
  await cluster.destroy(() => {});
  await docker(["image", "rm", image]);
  rmSync(state, { recursive: true, force: true });
});

const shell = (script: string) => ["bash", "-c", script];
const sleeps = { command: shell("exec sleep infinity") };

/** A Deployment `backend` of one replica; `pod` is merged into its pod's spec. */
function deployment(container: object, pod: object = {}) {
  const spec = {
    terminationGracePeriodSeconds: 1,
    ...pod,
    containers: [{ name: "backend", image, imagePullPolicy: "IfNotPresent", ...container }],
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "backend" },
    spec: {
      minReadySeconds: 1,
      selector: { matchLabels: { app: "backend" } },
      template: { metadata: { labels: { app: "backend" } }, spec },
    },
  };
}

/** The migration as the backend's own program behaves: one JSON line, then its exit code. */
const migration = (cause: string, then = "exit 69") => ({
  initContainers: [
    {
      name: "migrate",
      image,
      command: shell(
        `echo '{"level":"critical","event":"cannot connect to PostgreSQL at db:5432/todo as app: ${cause}"}'; ${then}`,
      ),
    },
  ],
});

const secretKey = { name: "A", valueFrom: { secretKeyRef: { name: "backend-secrets", key: "A" } } };
const memoryHog = ["perl", "-e", 'my $x = "a" x 200_000_000; sleep 100'];

const faults: Record<string, [Code, ...object[]]> = {
  "exits at its start": ["TF1501", deployment({ command: shell("echo KeyError; exit 3") })],
  "refuses its environment": ["TF1516", deployment({ command: shell("echo wrong environment: X; exit 78") })],
  "image that nobody has": ["TF1502", deployment({ image: "registry.invalid/todo-backend:v1" })],
  "image that was never loaded": ["TF1503", deployment({ image: "todo:v1", imagePullPolicy: "Never" })],
  "Secret without the key": [
    "TF1504",
    { apiVersion: "v1", kind: "Secret", metadata: { name: "backend-secrets" } },
    deployment({ ...sleeps, env: [secretKey] }),
  ],
  "missing ConfigMap": ["TF1504", deployment({ ...sleeps, envFrom: [{ configMapRef: { name: "none" } }] })],
  "missing volume": [
    "TF1504",
    deployment(
      { ...sleeps, volumeMounts: [{ name: "v", mountPath: "/v" }] },
      { volumes: [{ name: "v", secret: { secretName: "none" } }] },
    ),
  ],
  "out of memory": ["TF1505", deployment({ command: memoryHog, resources: { limits: { memory: "32Mi" } } })],
  "too big for the node": ["TF1506", deployment({ ...sleeps, resources: { requests: { memory: "900Gi" } } })],
  "probe on the wrong port": [
    "TF1507",
    deployment({
      ...sleeps,
      ports: [{ containerPort: 8000 }],
      readinessProbe: { tcpSocket: { port: 8001 }, periodSeconds: 1 },
    }),
  ],
  "command that is not there": ["TF1513", deployment({ command: ["/nowhere"] })],
  "root where that is forbidden": [
    "TF1513",
    deployment({ ...sleeps, securityContext: { runAsNonRoot: true } }),
  ],
  "no such service account": ["TF1510", deployment(sleeps, { serviceAccountName: "none" })],
  "quota used up": [
    "TF1510",
    { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q" }, spec: { hard: { pods: "0" } } },
    deployment(sleeps),
  ],
  "migration: wrong password": ["TF1414", deployment(sleeps, migration("password authentication failed"))],
  "migration: unknown host": ["TF1411", deployment(sleeps, migration("the host name is unknown"))],
  "migration: refused, still trying": [
    "TF1412",
    deployment(sleeps, migration("connection refused", "sleep 30; exit 69")),
  ],
};

async function rollOut(namespace: string, objects: object[], timeout = 60_000): Promise<RolloutResult> {
  await kubectl(["create", "namespace", namespace]);
  await kubectl(["apply", "-n", namespace, "-f", "-"], { apiVersion: "v1", kind: "List", items: objects });
  return watchRollout({ ...(await cluster.kubeconfig()), namespace, deployments: ["backend"], timeout });
}

describe("a rollout that fails says why", () => {
  test.each(Object.entries(faults))("%s", async (name, [code, ...objects]) => {
    const namespace = name.toLowerCase().replace(/[^a-z]+/g, "-");
    const { complete, findings, elapsed } = await rollOut(namespace, objects);
    expect(complete).toBe(false);
    expect(findings[0]).toMatchObject({ code, confidence: "definite" });
    // From the very beginning; nothing here takes more than a few seconds to show.
    expect(elapsed).toBeLessThan(15_000);
    await kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });
});

describe("a rollout that is well", () => {
  const namespace = "well";
  const request = async () => ({
    ...(await cluster.kubeconfig()),
    namespace,
    deployments: ["backend"],
    timeout: 60_000,
  });
  const apply = (object: object) => kubectl(["apply", "-n", namespace, "-f", "-"], object);
  const findings = async () => diagnose(await gather(connect(await cluster.kubeconfig()), namespace));

  test("completes, and nothing is found in it, then or while the next one is under way", async () => {
    expect(await rollOut(namespace, [deployment(sleeps)])).toMatchObject({ complete: true, findings: [] });
    expect(await findings()).toEqual([]);
    await apply(deployment({ ...sleeps, env: [{ name: "VERSION", value: "2" }] }));
    expect(await findings()).toEqual([]);
    expect((await watchRollout(await request())).complete).toBe(true);
  });

  test("a cause mended outside the pods' template shows at the next wait", async () => {
    await apply(deployment({ ...sleeps, envFrom: [{ configMapRef: { name: "late" } }] }));
    expect((await watchRollout(await request())).findings[0]?.code).toBe("TF1504");
    await kubectl(["-n", namespace, "create", "configmap", "late", "--from-literal=A=b"]);
    expect(await watchRollout(await request())).toMatchObject({ complete: true });
  });

  test("pods of the version before, still crashing, are no reason against a good one", async () => {
    await apply(deployment({ command: shell("exit 1") }));
    expect((await watchRollout(await request())).findings[0]?.code).toBe("TF1501");
    await apply(deployment({ ...sleeps, env: [{ name: "VERSION", value: "3" }] }));
    expect(await watchRollout(await request())).toMatchObject({ complete: true });
  });
});
