import { describe, expect, test } from "vitest";
import { complete, currentOnly, progress } from "../../../../aiops/kagent/checks/rollout.ts";
import type { Snapshot } from "../../../../aiops/kagent/checks/types.ts";
import { follow, rolloutError } from "../../../../aiops/kagent/checks/watchRollout.ts";
import {
  type DeploymentFacts,
  deployment,
  log,
  pod,
  replicaSet,
  running,
  snapshot,
  terminated,
  waiting,
} from "../support.ts";

test.each<[string, DeploymentFacts, boolean]>([
  ["all there", { updated: 1, available: 1 }, true],
  ["not yet seen by the controller", { updated: 1, available: 1, generation: 2, observed: 1 }, false],
  ["an old pod is still there", { updated: 1, available: 1, total: 2 }, false],
  ["new pod not available", { updated: 1, available: 0 }, false],
  ["one of two", { replicas: 2, updated: 1, available: 1 }, false],
  ["scaled to none", { replicas: 0, updated: 0, available: 0 }, true],
])("complete: %s", (_name, facts, expected) => expect(complete(deployment("backend", facts))).toBe(expected));

const crashing = {
  name: "backend",
  state: waiting("CrashLoopBackOff"),
  lastState: terminated(1),
  restarts: 4,
};
const starting = { name: "backend", state: running(1) };

describe("currentOnly", () => {
  const old = pod({ name: "backend-1-x", set: "backend-1", containers: [crashing] });
  const fresh = pod({ name: "backend-2-x", set: "backend-2", containers: [starting] });
  const all = snapshot({
    pods: [old, fresh],
    deployments: [deployment("backend", { revision: "2" }), deployment("other")],
    replicaSets: [replicaSet("backend-1", { revision: "1" }), replicaSet("backend-2", { revision: "2" })],
  });

  test("leaves out the pods that the rollout replaces, and other Deployments", () => {
    const current = currentOnly(all, ["backend"]);
    expect(current.pods).toEqual([fresh]);
    expect(current.replicaSets.map(({ metadata }) => metadata?.name)).toEqual(["backend-2"]);
    expect(current.deployments.map(({ metadata }) => metadata?.name)).toEqual(["backend"]);
  });

  test("leaves out everything while the controller has not seen the change", () => {
    const unseen = {
      ...all,
      deployments: [deployment("backend", { generation: 2, observed: 1, revision: "1" })],
    };
    expect(currentOnly(unseen, ["backend"]).pods).toEqual([]);
  });
});

test("progress names what each Deployment is at", () => {
  const migrating = pod({
    init: [{ name: "migrate", state: running(1) }],
    containers: [{ name: "backend", state: waiting("PodInitializing") }],
  });
  const seen = snapshot({
    pods: [migrating],
    deployments: [
      deployment("backend", { updated: 1 }),
      deployment("frontend", { updated: 1, available: 1 }),
    ],
    replicaSets: [replicaSet("backend-1"), replicaSet("frontend-1", { app: "frontend" })],
  });
  expect(progress(seen, ["backend", "frontend", "absent"])).toBe(
    "backend 0/1 (migrate runs), frontend 1/1, absent not there yet",
  );
});

/** A clock that only moves when the loop pauses. */
function rollout(looks: (Snapshot | Error)[], timeout = 60_000) {
  let time = 0;
  let look = 0;
  const lines: string[] = [];
  const request = {
    kubeconfig: "/none",
    context: "test",
    namespace: "todo-app",
    deployments: ["backend"],
    timeout,
    report: (line: string) => lines.push(line),
  };
  const result = follow(
    request,
    async () => {
      const next = looks[Math.min(look++, looks.length - 1)];
      if (next instanceof Error) throw next;
      return next as Snapshot;
    },
    async (milliseconds) => {
      time += milliseconds;
    },
    () => time,
  );
  return { result, lines };
}

const seenWith = (container: object, facts: DeploymentFacts = { updated: 1 }) => {
  const made = pod({ containers: [container as never] });
  return snapshot({
    pods: [made],
    deployments: [deployment("backend", facts)],
    replicaSets: [replicaSet("backend-1")],
    logs: [log(made, "backend", "KeyError: 'X'")],
  });
};

describe("follow", () => {
  test("ends when everything is there, and says each state once", async () => {
    const done = seenWith({ name: "backend", state: running(3), ready: true }, { updated: 1, available: 1 });
    const { result, lines } = rollout([seenWith(starting), seenWith(starting), done]);
    expect(await result).toEqual({ complete: true, findings: [], elapsed: 1_000 });
    expect(lines).toEqual(["backend 0/1 (starts)"]);
  });

  test("ends about a second after something definite shows", async () => {
    const { result } = rollout([seenWith(starting), seenWith(crashing)]);
    const { complete: isComplete, findings, elapsed } = await result;
    expect(isComplete).toBe(false);
    expect(findings[0]).toMatchObject({ code: "TF1501", confidence: "definite" });
    expect(elapsed).toBe(1_500);
  });

  test("something definite that passes at once is not believed", async () => {
    const done = seenWith({ name: "backend", state: running(3), ready: true }, { updated: 1, available: 1 });
    const { result } = rollout([seenWith(crashing), seenWith(starting), seenWith(crashing), done]);
    expect((await result).complete).toBe(true);
  });

  test("available for a moment, then crashed: no success", async () => {
    const { result } = rollout([seenWith(crashing, { updated: 1, available: 1 })]);
    expect(await result).toMatchObject({ complete: false, findings: [{ code: "TF1501" }] });
  });

  test("a warning about a container that is ready does not hold it up", async () => {
    const killed = {
      name: "backend",
      state: running(3),
      lastState: terminated(137, "OOMKilled"),
      restarts: 1,
    };
    const done = seenWith({ ...killed, ready: true }, { updated: 1, available: 1 });
    const { complete: isComplete, findings } = await rollout([done]).result;
    expect(isComplete).toBe(true);
    expect(findings).toMatchObject([{ code: "TF1505", severity: "warning" }]);
  });

  test("time over: says how far it came", async () => {
    const { result } = rollout([seenWith(starting)], 5_000);
    const { findings, elapsed } = await result;
    expect(findings.map(({ code }) => code)).toEqual(["TF1511"]);
    expect(findings[0]?.what).toBe("after 5 s the rollout is not complete: backend 0/1 (starts).");
    expect(elapsed).toBe(5_000);
  });

  test("time over with a likely cause: that is told", async () => {
    const { result } = rollout([seenWith({ name: "backend", state: terminated(1) })], 2_000);
    expect((await result).findings.map(({ code, confidence }) => [code, confidence])).toEqual([
      ["TF1501", "likely"],
    ]);
  });

  test("an API that is gone for a moment is waited for, one that stays away is TF1301", async () => {
    const gone = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:6443") });
    const done = seenWith({ name: "backend", ready: true }, { updated: 1, available: 1 });
    expect((await rollout([gone, gone, done]).result).complete).toBe(true);
    await expect(rollout([gone]).result).rejects.toMatchObject({
      code: "TF1301",
      what: "the API of context test has not answered for 10 s: connect ECONNREFUSED 127.0.0.1:6443",
    });
  });

  test("Ctrl-C ends it with the signal's reason", async () => {
    const reason = new Error("interrupted");
    const request = { kubeconfig: "", context: "", namespace: "", deployments: ["backend"], timeout: 60_000 };
    const run = follow({ ...request, signal: AbortSignal.abort(reason) }, async () => snapshot({}));
    await expect(run).rejects.toBe(reason);
  });
});

test("rolloutError: the first finding's code, its evidence and what mends it", async () => {
  const { findings } = await rollout([seenWith(crashing)]).result;
  const error = rolloutError(findings);
  expect(error).toMatchObject({ code: "TF1501", fix: ["npm run logs -- backend"] });
  expect(error.what).toBe(
    "pod backend-1-abcde: backend exits soon after its start with code 1; 5 run(s) have ended.",
  );
  expect(error.detail[0]).toBe("KeyError: 'X'");
  expect(rolloutError([...findings, ...findings]).what).toMatch(/\(and 1 more finding; npm run diagnose\)$/);
});
