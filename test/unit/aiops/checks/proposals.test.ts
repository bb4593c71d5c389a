/** What findings propose: the way back, limits, probes; and what they propose nothing for. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../aiops/kagent/checks/index.ts";
import type { Snapshot } from "../../../../aiops/kagent/checks/types.ts";
import {
  type ContainerFacts,
  deployment,
  event,
  log,
  pod,
  replicaSet,
  running,
  snapshot,
  terminated,
  waiting,
} from "../support.ts";
import { metric, quota, secret } from "../surroundings.ts";

const first = (facts: Partial<Snapshot>) => diagnose(snapshot(facts))[0];

/** A Deployment `backend` at revision 2, whose revision 1 still serves. */
function secondRevision(container: ContainerFacts, before: object = {}, serves = 1) {
  const image = `todo-backend:v1.0.0-0123456789ab`;
  const made = pod({ name: "backend-2-x", set: "backend-2", containers: [container] });
  return {
    pods: [made],
    deployments: [deployment("backend", { revision: "2" })],
    replicaSets: [
      replicaSet("backend-1", {
        available: serves,
        containers: [{ name: "backend", image, ...before }],
      }),
      replicaSet("backend-2", { revision: "2" }),
    ],
  };
}

const undo = { action: "rolloutUndo", deployment: "backend", toRevision: 1 };
const crashing = {
  name: "backend",
  state: waiting("CrashLoopBackOff"),
  lastState: terminated(1),
  restarts: 3,
};

describe("the way back", () => {
  test("F01: to the revision that still serves", () => {
    expect(first(secondRevision(crashing))).toMatchObject({ code: "TF1501", proposals: [undo] });
  });

  test("past a revision that is just as broken", () => {
    const facts = secondRevision(crashing);
    facts.pods = [pod({ name: "backend-3-x", set: "backend-3", containers: [crashing] })];
    facts.replicaSets.push(replicaSet("backend-3", { revision: "3" }));
    expect(first(facts)?.proposals).toEqual([undo]);
  });

  test("none without an earlier revision, from an old one, or to one whose pods are down", () => {
    const only = { ...secondRevision(crashing), replicaSets: [replicaSet("backend-2", { revision: "2" })] };
    expect(first(only)).toMatchObject({ code: "TF1501" });
    expect(first(only)?.proposals).toBeUndefined();
    const old = secondRevision(crashing);
    old.replicaSets.push(replicaSet("backend-3", { revision: "3" }));
    expect(first(old)).toMatchObject({ code: "TF1501" });
    expect(first(old)?.proposals).toBeUndefined();
    expect(first(secondRevision(crashing, {}, 0))?.proposals).toBeUndefined();
  });

  test("F02: names the tag that the revision before used", () => {
    const state = waiting("ErrImageNeverPull");
    const spec = { image: "todo-backend:nope" };
    const found = first(secondRevision({ name: "backend", state, spec }));
    expect(found?.what).toContain("; the revision before used tag v1.0.0-0123456789ab.");
    expect(found?.proposals).toEqual([undo]);
    const pulled = first(
      secondRevision(
        { name: "backend", state: waiting("ErrImagePull", "not found"), spec: { image: "r.io:5000/x:2" } },
        { image: "r.io:5000/y:1" },
      ),
    );
    expect(pulled?.what).toContain("; the revision before used r.io:5000/y:1.");
  });

  test("F15: a stalled rollout tells which revision serves, and what was noted of the change", () => {
    const facts = secondRevision({ name: "backend", state: running(1) });
    const stalled = deployment("backend", { revision: "2", available: 1, stalled: "timed out progressing" });
    Object.assign(stalled.metadata?.annotations ?? {}, {
      "kubernetes.io/change-cause": "try\u001b[31m harder",
    });
    const found = first({ ...facts, deployments: [stalled] });
    expect(found).toMatchObject({ code: "TF1509", severity: "warning", proposals: [undo] });
    expect(found?.evidence[1]?.excerpt).toBe(
      "revision 2 does not come up; revision 1 has 1 available pod(s); change-cause: try harder",
    );
  });

  test("F08: only where the earlier revision had another database address", () => {
    const env = (value: string) => [{ name: "DATABASE_URL", value }];
    const wrong = (before: object) => {
      const facts = secondRevision({ ...crashing, spec: { env: env("postgres://nope/x") } }, before);
      const logs = [log(facts.pods[0] as never, "backend", "prisma: getaddrinfo ENOTFOUND nope")];
      return first({ ...facts, logs });
    };
    expect(wrong({ env: env("postgres://db/x") })).toMatchObject({ code: "TF1411", proposals: [undo] });
    expect(wrong({ env: env("postgres://nope/x") })?.proposals).toBeUndefined();
  });
});

describe("F03: memory", () => {
  const killed = {
    name: "backend",
    state: waiting("CrashLoopBackOff"),
    lastState: terminated(137, "OOMKilled"),
    restarts: 2,
    spec: { resources: { limits: { memory: "100Mi" }, requests: { memory: "100Mi" } } },
  };
  const made = pod({ containers: [killed] });
  const base = { pods: [made], replicaSets: [replicaSet("backend-1")], deployments: [deployment("backend")] };
  const raised = (around: Snapshot["around"]) => first({ ...base, around });
  const to = (memory: string) => [
    { action: "patchLimits", deployment: "backend", container: "backend", limits: { memory } },
  ];

  test("1.5 times the limit", () => expect(raised({})?.proposals).toEqual(to("150Mi")));

  test("1.5 times what another pod of the revision uses, where that is more", () => {
    const other = pod({
      name: "backend-1-other",
      containers: [{ name: "backend", state: running(99), ready: true }],
    });
    const podMetrics = [metric(other, "backend", "1m", "200Mi")];
    expect(first({ ...base, pods: [made, other], around: { podMetrics } })?.proposals).toEqual(to("300Mi"));
  });

  test("no more than a limit range allows", () => {
    const range = (limit: object) => ({
      limitRanges: [{ metadata: { name: "r" }, spec: { limits: [limit] } }],
    });
    const found = raised(range({ type: "Container", max: { memory: "128Mi" } }) as Snapshot["around"]);
    expect(found?.proposals).toEqual(to("128Mi"));
    expect(found?.what).toContain("LimitRange r leaves no more than 128Mi");
    expect(
      raised(range({ type: "Container", maxLimitRequestRatio: { memory: "1.2" } }) as Snapshot["around"])
        ?.proposals,
    ).toEqual(to("120Mi"));
  });

  test("no more than the quota has left for a new pod beside the old one; nothing where it has no room", () => {
    const left = (hard: string) => ({
      quotas: [quota("q", { "limits.memory": hard }, { "limits.memory": "100Mi" })],
    });
    expect(raised(left("300Mi"))?.proposals).toEqual(to("150Mi"));
    expect(raised(left("240Mi"))?.proposals).toEqual(to("140Mi"));
    const found = raised(left("200Mi"));
    expect(found?.proposals).toBeUndefined();
    expect(found?.what).toContain("quota q leaves no room");
  });

  test("killed a while ago and ready again: a warning; long ago: nothing", () => {
    const again = (before: number) =>
      first({
        ...base,
        pods: [
          pod({
            containers: [
              {
                ...killed,
                state: running(before),
                lastState: terminated(137, "OOMKilled", before),
                ready: true,
              },
            ],
          }),
        ],
      });
    expect(again(60)).toMatchObject({ code: "TF1505", severity: "warning", confidence: "likely" });
    expect(again(700)).toBeUndefined();
  });
});

describe("F04: probes", () => {
  const ports = [{ name: "http", containerPort: 8000 }];
  const http = (path: string, port: number | string) => ({ httpGet: { path, port } });
  const failing = (spec: object, message: string, facts: object = {}, before: object = {}) => {
    const all = secondRevision(
      { name: "backend", state: running(15), spec: { ports, ...spec }, ...facts },
      before,
    );
    return first({
      ...all,
      events: [event(all.pods[0] as never, "Unhealthy", message, { container: "backend" })],
    });
  };
  const patch = (probe: string, change: object) => ({
    action: "patchProbe",
    deployment: "backend",
    container: "backend",
    probe,
    ...change,
  });
  const refused = 'Get "http://10.0.0.1:8001/x": dial tcp: connect: connection refused';

  test.each([
    ["Readiness", "readinessProbe", "TF1507"],
    ["Startup", "startupProbe", "TF1507"],
    ["Liveness", "livenessProbe", "TF1512"],
  ] as const)("%s probe on a port that is not there: the port that is", (word, probe, code) => {
    const found = failing({ [probe]: http("/x", 8001) }, `${word} probe failed: ${refused}`);
    expect(found).toMatchObject({ code, confidence: "definite" });
    expect(found?.what).toContain(
      `its ${word.toLowerCase()} probe fails: it asks port 8001, which the container does not declare (it has http)`,
    );
    expect(found?.proposals).toEqual([patch(probe, { port: "http" }), undo]);
  });

  test("a liveness probe that can't succeed is seen while the container is ready between two restarts", () => {
    const message = "Liveness probe failed: HTTP probe failed with statuscode: 404";
    const found = failing({ livenessProbe: http("/nope", 8000) }, message, { ready: true });
    expect(found).toMatchObject({ code: "TF1512" });
    expect(found?.what).toContain("there is no page /nope (HTTP 404)");
  });

  test("HTTP 404: the path that the earlier revision had; readiness takes no other probe's", () => {
    const message = "Readiness probe failed: HTTP probe failed with statuscode: 404";
    const spec = { readinessProbe: http("/nope", "http"), livenessProbe: http("/health/live", "http") };
    const before = { readinessProbe: http("/health/ready", "http") };
    expect(failing(spec, message, {}, before)?.proposals).toEqual([
      patch("readinessProbe", { path: "/health/ready" }),
      undo,
    ]);
    expect(failing(spec, message)?.proposals).toEqual([undo]);
  });

  test("HTTP 404 at startup: the path of the liveness probe, which asks the same", () => {
    const spec = { startupProbe: http("/nope", "http"), livenessProbe: http("/health/live", "http") };
    const message = "Startup probe failed: HTTP probe failed with statuscode: 404";
    expect(failing(spec, message)?.proposals?.[0]).toEqual(patch("startupProbe", { path: "/health/live" }));
  });

  test("a container that declares no port is not told that its port is wrong, nor is one that answers 503", () => {
    const quiet = failing(
      { ports: [], readinessProbe: http("/", 8001) },
      `Readiness probe failed: ${refused}`,
      {
        state: running(40),
      },
    );
    expect(quiet).toMatchObject({ confidence: "likely" });
    expect(quiet?.proposals).toBeUndefined();
  });

  test("what was said of the run before does not count", () => {
    const all = secondRevision({ name: "backend", state: running(70), spec: { ports } });
    const old = event(all.pods[0] as never, "Unhealthy", "Readiness probe failed: timeout", {
      container: "backend",
      before: 75,
    });
    expect(first({ ...all, events: [old] })).toBeUndefined();
  });
});

describe("F07: the nearest name, never a value, never a plan", () => {
  const needs = (message: string, around: Snapshot["around"]) =>
    first({
      ...secondRevision({ name: "backend", state: waiting("CreateContainerConfigError", message) }),
      around,
    });

  test("key of a ConfigMap", () => {
    const configMaps = [{ metadata: { name: "c" }, data: { AI_MODEL: "gpt-secret-value", OTHER: "x" } }];
    const found = needs("couldn't find key AI_MODL in ConfigMap todo-app/c", { configMaps });
    expect(found?.what).toContain('which has no such key (did you mean "AI_MODEL"?)');
    expect(JSON.stringify(found)).not.toContain("gpt-secret-value");
    expect(found?.proposals).toBeUndefined();
  });

  test("key of a Secret, from the names in its metadata", () => {
    const secrets = [secret("s", ["DATABASE_URL", "BETTER_AUTH_SECRET"], 60)];
    expect(needs("couldn't find key DATABSE_URL in Secret todo-app/s", { secrets })?.what).toContain(
      'did you mean "DATABASE_URL"?',
    );
  });

  test("name of an object; none where nothing is near", () => {
    const secrets = [secret("backend-secrets", [], 60), secret("x", [], 60)];
    expect(needs('secret "backend-secret" not found', { secrets })?.what).toBe(
      'backend needs Secret backend-secret, which does not exist (did you mean "backend-secrets"?).',
    );
    expect(needs('secret "payments" not found', { secrets })?.what).toBe(
      "backend needs Secret payments, which does not exist.",
    );
  });

  test("key that a volume names", () => {
    const made = pod({ containers: [{ name: "backend", state: waiting("ContainerCreating") }] });
    Object.assign(made.spec ?? {}, { volumes: [{ name: "v", configMap: { name: "c" } }] });
    const message =
      'MountVolume.SetUp failed for volume "v" : configmap references non-existent config key: app.ymal';
    const configMaps = [{ metadata: { name: "c" }, data: { "app.yaml": "" } }];
    const found = first({
      pods: [made],
      events: [event(made, "FailedMount", message)],
      around: { configMaps },
    });
    expect(found).toMatchObject({
      code: "TF1504",
      what: 'the pod mounts key app.ymal of configmap c, which has no such key (did you mean "app.yaml"?).',
    });
  });
});
