/** Checks of what keeps a pod from being made, placed or prepared, and of whole rollouts. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../aiops/kagent/checks/index.ts";
import type { Snapshot } from "../../../../aiops/kagent/checks/types.ts";
import {
  ago,
  deployment,
  event,
  log,
  namespace,
  pod,
  replicaSet,
  running,
  snapshot,
  terminated,
  waiting,
} from "../support.ts";

const first = (facts: Partial<Snapshot>) => diagnose(snapshot(facts))[0];

describe("migration", () => {
  const app = { name: "backend", state: waiting("PodInitializing") };
  const migrating = (facts: object, ...lines: string[]) => {
    const made = pod({ init: [{ name: "migrate", ...facts }], containers: [app] });
    return first({ pods: [made], logs: [log(made, "migrate", ...lines)] });
  };
  const failure = (cause: string) =>
    `CRITICAL cannot connect to PostgreSQL at db.example.com:5432/todo as app: ${cause}`;

  test.each([
    ["the host name is unknown", "TF1411", "definite"],
    ["password authentication failed", "TF1414", "definite"],
    ["the user does not exist", "TF1414", "definite"],
    ["the database does not exist", "TF1415", "definite"],
    ["the server's pg_hba.conf does not let this user in from this address", "TF1418", "definite"],
    ["the server does not offer the TLS that sslmode asks for", "TF1417", "definite"],
    ["the server has no connection left", "TF1419", "likely"],
    ["connection refused", "TF1412", "likely"],
    ["no answer in time", "TF1413", "likely"],
  ] as const)("after its first exit: %s is %s, %s", (cause, code, confidence) => {
    const found = migrating({ state: terminated(69) }, "INFO migrating", failure(cause));
    expect(found).toMatchObject({ code, confidence, object: { container: "migrate" } });
    expect(found?.what).toContain("(db.example.com:5432/todo as app)");
  });

  test("a refused connection is definite at the second exit, or when the migration has tried for 6 s", () => {
    const line = failure("connection refused");
    const twice = { state: terminated(69), lastState: terminated(69), restarts: 1 };
    expect(migrating(twice, line)?.confidence).toBe("definite");
    expect(migrating({ state: running(4) }, line)?.confidence).toBe("likely");
    expect(migrating({ state: running(7) }, line)?.confidence).toBe("definite");
  });

  test("a migration that got on after some trouble is left to work", () => {
    expect(
      migrating({ state: running(30) }, failure("connection refused"), "INFO migrating users"),
    ).toBeUndefined();
  });

  test("its own failure, after two runs", () => {
    const line = 'CRITICAL the migration failed and was rolled back: relation "task" already exists';
    const found = migrating(
      { state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 1 },
      line,
    );
    expect(found).toMatchObject({ code: "TF1508", confidence: "definite" });
    expect(found?.evidence[0]?.excerpt).toBe(line);
    expect(found?.fix).toEqual(["npm run logs -- backend"]);
  });

  test("done: nothing to say", () =>
    expect(migrating({ state: terminated(0, "Completed"), ready: true })).toBeUndefined());

  test("another init container has a code of its own", () => {
    const made = pod({ init: [{ name: "wait", state: terminated(1) }], containers: [app] });
    expect(first({ pods: [made] })).toMatchObject({ code: "TF1514", object: { container: "wait" } });
  });
});

describe("placement", () => {
  const unplaced = (message: string, seconds: number) =>
    first({
      pods: [
        pod({
          conditions: [
            {
              type: "PodScheduled",
              status: "False",
              reason: "Unschedulable",
              message,
              lastTransitionTime: ago(seconds),
            },
          ],
        }),
      ],
    });

  test("too little memory, definite after 6 s", () => {
    const message = "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available.";
    expect(unplaced(message, 7)).toMatchObject({
      code: "TF1506",
      confidence: "definite",
      what: "no node takes the pod: not enough free memory for its request.",
    });
    expect(unplaced(message, 2)?.confidence).toBe("likely");
  });

  test("a node that is just starting is waited for", () => {
    const message =
      "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.";
    expect(unplaced(message, 30)?.confidence).toBe("likely");
  });
});

describe("volumes", () => {
  const made = pod({ containers: [{ name: "backend", state: waiting("ContainerCreating") }] });
  const mounting = (message: string, count: number) =>
    first({ pods: [made], events: [event(made, "FailedMount", message, { count })] });

  test("a Secret that is not there", () => {
    const message = 'MountVolume.SetUp failed for volume "ca" : secret "ca-bundle" not found';
    expect(mounting(message, 4)).toMatchObject({
      code: "TF1504",
      confidence: "definite",
      what: "the pod mounts secret ca-bundle, which does not exist.",
    });
    expect(mounting(message, 1)?.confidence).toBe("likely");
  });

  test("the kubelet's caches filling is no fault", () => {
    const message =
      'MountVolume.SetUp failed for volume "c" : failed to sync configmap cache: timed out waiting for the condition';
    expect(mounting(message, 1)).toBeUndefined();
  });
});

test.each([
  [
    'pods "backend-1-x" is forbidden: exceeded quota: small, requested: limits.memory=512Mi, used: 0, limited: 256Mi',
    "quota",
  ],
  [
    'pods "backend-1-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    "Pod Security",
  ],
  [
    'error looking up service account todo-app/backend: serviceaccount "backend" not found',
    "service account",
  ],
])("pods refused: %s", (failure, meaning) => {
  const found = first({ replicaSets: [replicaSet("backend-1", { failure })] });
  expect(found).toMatchObject({
    code: "TF1510",
    object: { kind: "ReplicaSet", name: "backend-1", namespace },
  });
  expect(found?.what).toContain(meaning);
});

describe("together", () => {
  const crashing = (name: string, restarts: number) =>
    pod({
      name,
      containers: [
        {
          name: "backend",
          state: restarts ? waiting("CrashLoopBackOff") : terminated(1),
          lastState: terminated(1),
          restarts,
        },
      ],
    });
  const stalled = deployment("backend", { stalled: 'ReplicaSet "backend-1" has timed out progressing.' });

  test("a stalled rollout names its cause and comes after it", () => {
    const found = diagnose(
      snapshot({
        pods: [crashing("backend-1-a", 3)],
        replicaSets: [replicaSet("backend-1")],
        deployments: [stalled],
      }),
    );
    expect(found.map(({ code }) => code)).toEqual(["TF1501", "TF1509"]);
    expect(found[1]?.causedBy).toEqual({ code: "TF1501", object: found[0]?.object });
  });

  test("the same fault in several pods is one finding, the surest of them first", () => {
    const pods = [crashing("backend-1-a", 0), crashing("backend-1-b", 3), crashing("backend-1-c", 3)];
    const found = diagnose(snapshot({ pods, replicaSets: [replicaSet("backend-1")] }));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ confidence: "definite", object: { name: "backend-1-b" } });
    expect(found[0]?.affected.map(({ name }) => name)).toEqual(["backend-1-a", "backend-1-c"]);
  });

  test("a healthy namespace has no findings", () => {
    const healthy = pod({
      init: [{ name: "migrate", state: terminated(0, "Completed"), ready: true }],
      containers: [{ name: "backend", state: running(100), ready: true }],
    });
    const old = event(healthy, "Unhealthy", "Readiness probe failed: connection refused", {
      container: "backend",
    });
    const deployments = [deployment("backend", { updated: 1, available: 1 })];
    expect(diagnose(snapshot({ pods: [healthy], events: [old], deployments }))).toEqual([]);
  });

  test("an unknown kind of trouble elsewhere does not disturb", () => {
    const bare = { metadata: { name: "bare" } };
    expect(diagnose(snapshot({ pods: [bare], deployments: [{}], replicaSets: [{}] }))).toEqual([]);
  });
});
