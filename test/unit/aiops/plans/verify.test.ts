/** After a change: better stays, everything else is undone; and the whole of it through the real survey. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clients } from "../../../../aiops/kagent/checks/api.ts";
import type { Finding } from "../../../../aiops/kagent/checks/types.ts";
import { planDesk } from "../../../../aiops/kagent/plans/desk.ts";
import { memoryStore } from "../../../../aiops/kagent/plans/store.ts";
import { sorted } from "./fakeApi.ts";
import {
  apply,
  apps,
  backend,
  claim,
  core,
  crash,
  mends,
  namespace,
  propose,
  requester,
  settle,
  type World,
  wanted,
  world,
} from "./world.ts";

const undo = { action: "rolloutUndo", deployment: "backend" };
let made: World;
let before: unknown;
beforeEach(async () => {
  made = await world();
  before = wanted(made.api.get(backend));
});
afterEach(() => made.api.stop());

const undone = () => {
  expect(made.api.writes).toHaveLength(2);
  expect(sorted(wanted(made.api.get(backend)))).toBe(sorted(before));
  expect(made.log.at(-1)).toMatchObject({ event: "undo", state: "undone", code: "TF1719" });
};

describe("it is undone when", () => {
  test("the fault stays", async () => {
    made.api.afterWrite = () => settle(made.api);
    const plan = await apply(made, await propose(made, undo));
    expect(plan).toMatchObject({ state: "undone", outcome: { code: "TF1719" } });
    expect(plan.outcome?.what).toContain("TF1501 Deployment/backend is still there");
    undone();
  });

  test("another error has come", async () => {
    made.api.afterWrite = () => {
      settle(made.api);
      made.findings = [{ ...crash, code: "TF1507", object: { ...crash.object, name: "frontend" } }];
    };
    const plan = await apply(made, await propose(made, undo));
    expect(plan.outcome?.what).toContain("new: TF1507 Deployment/frontend");
    undone();
  });

  test("the rollout does not complete in time", async () => {
    made.api.afterWrite = () => {
      made.findings = [];
    };
    const begin = made.clock.time;
    const plan = await apply(made, await propose(made, undo));
    expect(plan.outcome?.what).toContain("the rollout of backend is not complete");
    expect(made.clock.time - begin).toBeGreaterThanOrEqual(180_000);
    undone();
  });

  test("what was seen before cannot be seen any more", async () => {
    mends(made);
    const more = made.api.afterWrite;
    made.api.afterWrite = (write) => {
      more(write);
      made.notChecked = [{ what: "services", why: "HTTP 500" }];
    };
    const plan = await apply(made, await propose(made, undo));
    expect(plan.outcome?.what).toContain("services can't be seen");
    undone();
  });

  test("nothing can be seen at all", async () => {
    const store = memoryStore();
    let seen = true;
    const desk = planDesk({
      api: clients(made.api.config),
      audit: { record: async () => {} },
      clock: made.clock,
      store,
      examine: async () => {
        if (!seen) throw new Error("socket hang up");
        return { snapshot: { pods: [], replicaSets: [], notChecked: [] } as never, findings: [crash] };
      },
    });
    const wish = { namespace, code: "TF1501" as const, object: { name: "backend" }, proposal: undo };
    const plan = await desk.propose(wish, requester);
    made.api.afterWrite = () => {
      seen = false;
    };
    const { end } = await desk.apply(claim(plan));
    expect((await end).outcome?.what).toContain("nothing can be seen: socket hang up");
    expect(sorted(wanted(made.api.get(backend)))).toBe(sorted(before));
  });
});

test("an error that was there before is no reason, nor is a new warning", async () => {
  const other: Finding = { ...crash, code: "TF1505", object: { ...crash.object, name: "frontend" } };
  made.findings = [crash, other];
  made.api.afterWrite = () => {
    settle(made.api);
    made.findings = [other, { ...crash, code: "TF1509", severity: "warning" }];
  };
  expect((await apply(made, await propose(made, undo))).state).toBe("verified");
});

test("well for a moment is not enough", async () => {
  let looks = 0;
  made.api.afterWrite = () => settle(made.api);
  const flapping = await world({
    examine: async () => ({
      snapshot: {
        deployments: [flapping.api.get(backend)],
        pods: [],
        replicaSets: [],
        notChecked: [],
      } as never,
      // Gone in every second look.
      findings: looks++ % 2 === 0 ? [crash] : [],
    }),
  });
  flapping.api.afterWrite = () => settle(flapping.api);
  try {
    const plan = await propose(flapping, undo);
    looks = 0;
    const end = await apply(flapping, plan);
    expect(end.state).toBe("undone");
  } finally {
    await flapping.api.stop();
  }
});

test("an undo that the API server refuses: the plan says so and the object stays", async () => {
  made.api.afterWrite = () => {
    settle(made.api);
    made.api.mischief = ({ method }) => (method === "PATCH" ? { status: 403 } : undefined);
  };
  const plan = await apply(made, await propose(made, undo));
  expect(plan).toMatchObject({ state: "failed", outcome: { code: "TF1720" } });
  expect(made.api.writes).toHaveLength(1);
});

test("the undo waits for an API server that is away for a while", async () => {
  let away = 0;
  made.api.afterWrite = () => {
    settle(made.api);
    made.api.mischief = ({ method }) => (method === "PATCH" && away++ < 2 ? "cut before" : undefined);
  };
  expect((await apply(made, await propose(made, undo))).state).toBe("undone");
  undone();
});

describe("through the real survey and checks", () => {
  const desk = () =>
    planDesk({ api: clients(made.api.config), audit: { record: async () => {} }, clock: made.clock });
  const owner = (kind: string, name: string, uid: string) => ({
    kind,
    name,
    uid,
    controller: true,
    apiVersion: "apps/v1",
  });
  /** The one pod of a revision, crashing or ready. */
  const pod = (revision: number, crashing: boolean) => {
    made.api.objects.delete(`${core}/pods/backend-1`);
    const uid = made.api.get(`${apps}/replicasets/backend-${revision}`).metadata.uid;
    made.api.put(`${core}/pods/backend-1`, {
      metadata: {
        name: "backend-1",
        namespace,
        labels: { app: "backend" },
        ownerReferences: [owner("ReplicaSet", `backend-${revision}`, uid)],
      },
      spec: { containers: [{ name: "backend" }] },
      status: {
        phase: "Running",
        containerStatuses: [
          crashing
            ? {
                name: "backend",
                ready: false,
                restartCount: 4,
                state: { waiting: { reason: "CrashLoopBackOff" } },
                lastState: { terminated: { exitCode: 1, reason: "Error" } },
              }
            : { name: "backend", ready: true, restartCount: 0, state: { running: {} } },
        ],
      },
    });
  };
  const wish = { namespace, code: "TF1501" as const, object: { name: "backend-1" }, proposal: undo };

  test("a crashing backend is mended by the revision before", async () => {
    pod(2, true);
    made.api.afterWrite = () => {
      pod(1, false);
      settle(made.api);
    };
    const plans = desk();
    const plan = await plans.propose(wish, requester);
    const { end } = await plans.apply(claim(plan));
    expect(await end).toMatchObject({
      state: "verified",
      outcome: { what: "TF1501 Deployment/backend is gone, nothing new is wrong" },
    });
    expect(made.api.writes).toHaveLength(1);
  });

  test("one whose new pod crashes too is undone long before the deadline", async () => {
    pod(2, true);
    made.api.afterWrite = () => {
      const image = made.api.get(backend).spec.template.spec.containers[1].image;
      made.api.edit(
        backend,
        (object) => {
          object.metadata.annotations["deployment.kubernetes.io/revision"] =
            image === "backend:1" ? "1" : "2";
          object.status.observedGeneration = object.metadata.generation;
        },
        { spec: false },
      );
      pod(image === "backend:1" ? 1 : 2, true);
    };
    const plans = desk();
    const plan = await plans.propose(wish, requester);
    const begin = made.clock.time;
    const { end } = await plans.apply(claim(plan));
    expect((await end).state).toBe("undone");
    expect(made.clock.time - begin).toBeLessThan(30_000);
    expect(sorted(made.api.get(backend).spec)).toBe(sorted((before as { spec: unknown }).spec));
  });
});
