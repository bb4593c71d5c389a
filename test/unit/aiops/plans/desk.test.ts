/** Who may apply a plan, when, how often; and that nothing is changed otherwise. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { approvalCode } from "../../../../aiops/kagent/plans/approval.ts";
import { planHash } from "../../../../aiops/kagent/plans/hash.ts";
import { memoryStore, type PlanStore } from "../../../../aiops/kagent/plans/store.ts";
import type { Plan } from "../../../../aiops/kagent/plans/types.ts";
import { isWhole, planView } from "../../../../aiops/kagent/plans/view.ts";
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
  service,
  settle,
  type World,
  world,
  yes,
} from "./world.ts";

const key = Buffer.alloc(32, 7);
const up = { action: "scale", deployment: "backend", replicas: 2 };
const restart = { action: "rolloutRestart", deployment: "backend" };

let made: World;
let store: PlanStore;
beforeEach(async () => {
  store = memoryStore();
  made = await world({ store, approvalKey: async () => key });
  mends(made);
});
afterEach(() => made.api.stop());

/** Nothing in the cluster was changed; the refusal is in the audit log. */
function nothingChanged(code: string): void {
  expect(made.api.writes).toEqual([]);
  expect(made.log.at(-1)).toMatchObject({ event: code === "TF1702" ? "expire" : "refuse", code });
}

const alter = (id: string, change: (plan: Plan) => void) =>
  store.change((plans) => {
    const plan = plans.find((one) => one.id === id);
    if (plan) change(plan);
  });

describe("a plan is refused, and nothing is changed, when", () => {
  const refused = async (attempt: Promise<unknown>, code: string) => {
    await expect(attempt).rejects.toMatchObject({ code });
    nothingChanged(code);
  };

  test("nobody knows it", async () => {
    const plan = await propose(made, up);
    await refused(made.desk.apply({ ...claim(plan), id: "plan-000000000000" }), "TF1701");
    await refused(made.desk.apply({ ...claim(plan), id: "x\u001b[2J; rm -rf /" }), "TF1701");
    expect(made.log.at(-1)?.plan).toBe("(no id)");
  });

  test("it has expired, also when it is asked for again", async () => {
    const plan = await propose(made, up);
    made.clock.time += 10 * 60_000;
    await refused(made.desk.apply(claim(plan)), "TF1702");
    made.clock.time -= 60_000;
    await refused(made.desk.apply(claim(plan)), "TF1702");
    expect((await made.desk.get(plan.id, requester)).state).toBe("expired");
  });

  test("the hash is another one", async () => {
    const plan = await propose(made, up);
    const hash = plan.hash.replace(/^./, (first) => (first === "0" ? "1" : "0"));
    await refused(made.desk.apply({ ...claim(plan), hash }), "TF1703");
  });

  test.each<[string, (plan: Plan) => void]>([
    ["its request", (plan) => (plan.change.verb === "patch" ? plan.change.body.pop() : undefined)],
    ["its undo", (plan) => (plan.undo.verb === "patch" ? plan.undo.body.pop() : undefined)],
    ["its target", (plan) => (plan.target.resourceVersion = "1")],
    ["its expiry", (plan) => (plan.expiresAt = "2099-01-01T00:00:00Z")],
    ["what was shown", (plan) => plan.diff.pop()],
  ])("it was altered where it is kept: %s", async (_what, change) => {
    const plan = await propose(made, up);
    await alter(plan.id, change);
    await refused(made.desk.apply(claim(plan)), "TF1703");
  });

  test("it was altered together with its hash, to a request off the list", async () => {
    const plan = await propose(made, up);
    await alter(plan.id, (one) => {
      if (one.change.verb === "patch") one.change.body.push({ op: "add", path: "/spec/paused", value: true });
      one.hash = planHash(one);
    });
    const { hash } = await made.desk.get(plan.id, requester);
    await refused(made.desk.apply({ ...claim(plan), hash, approval: { ...yes(plan), hash } }), "TF1707");
  });

  test("the caller's scope does not have its namespace", async () => {
    const plan = await propose(made, up);
    const other = { name: "other", namespaces: ["elsewhere"] };
    await refused(made.desk.apply({ ...claim(plan), requester: other }), "TF1706");
    await refused(made.desk.get(plan.id, other), "TF1706");
    await refused(
      made.desk.propose({ namespace, code: "TF1501", object: { name: "backend" }, proposal: up }, other),
      "TF1706",
    );
  });

  test("nobody has approved it, or another plan", async () => {
    const plan = await propose(made, up);
    const { approval: _none, ...rest } = claim(plan);
    await refused(made.desk.apply(rest), "TF1713");
    const other = await propose(made, restart);
    await refused(made.desk.apply({ ...claim(plan), approval: yes(other) }), "TF1703");
  });

  test.each<[string, unknown, string]>([
    ["no action", { action: "deletePod", pod: "x" }, "TF1707"],
    ["a field too many", { ...up, force: true }, "TF1707"],
    ["another kind", { action: "rolloutRestart", deployment: "kube-system/coredns" }, "TF1707"],
    ["no object", "scale", "TF1707"],
    ["an empty selector", { action: "patchSelector", service: "backend-service", selector: {} }, "TF1707"],
    ["0 replicas", { ...up, replicas: 0 }, "TF1711"],
    ["4 replicas", { ...up, replicas: 4 }, "TF1711"],
    ["-1 replicas", { ...up, replicas: -1 }, "TF1711"],
  ])("the proposal is %s", async (_what, proposal, code) => {
    await refused(propose(made, proposal), code);
    expect(made.api.asked).toEqual([]);
  });

  test("the diagnosis does not show what it is to mend, when it is made or any more", async () => {
    await refused(propose(made, up, "TF1505"), "TF1726");
    const plan = await propose(made, up);
    made.findings = [];
    await refused(made.desk.apply(claim(plan)), "TF1726");
    expect((await made.desk.get(plan.id, requester)).state).toBe("failed");
  });

  test("an autoscaler has come to own the replicas", async () => {
    const plan = await propose(made, up);
    made.api.put(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/backend`, {
      metadata: { name: "backend", namespace },
      spec: { scaleTargetRef: { kind: "Deployment", name: "backend" }, maxReplicas: 3, minReplicas: 1 },
    });
    await refused(made.desk.apply(claim(plan)), "TF1712");
    await refused(propose(made, up), "TF1712");
  });
});

describe("an object that changed since", () => {
  test("is seen before the change is sent", async () => {
    const plan = await propose(made, up);
    made.api.edit(backend, (object) => {
      object.spec.replicas = 3;
    });
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1705" });
    nothingChanged("TF1705");
  });

  test("is seen by the API server when it changes at the last moment", async () => {
    const plan = await propose(made, up);
    made.api.mischief = ({ method, dryRun }) => {
      if (method === "PATCH" && !dryRun) {
        made.api.mischief = () => undefined;
        made.api.edit(backend, (object) => {
          object.spec.template.spec.containers[1].image = "other";
        });
      }
      return undefined;
    };
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1705" });
    nothingChanged("TF1705");
    expect(made.api.asked.filter((line) => line.startsWith("PATCH"))).toHaveLength(2);
  });

  test("a Service: any new version counts", async () => {
    const plan = await propose(made, {
      action: "patchTargetPort",
      service: "backend-service",
      port: 8000,
      targetPort: 8000,
    });
    made.api.edit(service, (object) => {
      object.metadata.labels.changed = "yes";
    });
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1705" });
    nothingChanged("TF1705");
  });

  test("is another one of the same name", async () => {
    const plan = await propose(made, up);
    made.api.edit(
      backend,
      (object) => {
        object.metadata.uid = "uid-new";
      },
      { spec: false },
    );
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1705" });
    nothingChanged("TF1705");
  });

  test("only in its status: pods that come and go void no plan", async () => {
    const plan = await propose(made, up);
    settle(made.api);
    expect(made.api.get(backend).metadata.resourceVersion).not.toBe(plan.target.resourceVersion);
    expect((await apply(made, plan)).state).toBe("verified");
  });
});

describe("once only", () => {
  test("a second use is TF1704", async () => {
    const plan = await propose(made, up);
    await apply(made, plan);
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1704" });
    expect(made.api.writes).toHaveLength(1);
  });

  test("also when the first failed", async () => {
    const plan = await propose(made, up);
    made.api.mischief = ({ method }) => (method === "PATCH" ? { status: 403 } : undefined);
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1718" });
    made.api.mischief = () => undefined;
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1704" });
    expect(made.api.writes).toEqual([]);
  });

  test("of twenty approvals at once exactly one wins", async () => {
    const plan = await propose(made, up);
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => made.desk.apply(claim(plan))));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await made.desk.idle();
    expect(made.api.writes).toHaveLength(1);
  });

  test("of two plans for one namespace at once one waits", async () => {
    const [one, two] = [await propose(made, up), await propose(made, restart)];
    const results = await Promise.allSettled([made.desk.apply(claim(one)), made.desk.apply(claim(two))]);
    expect(results.map((result) => (result.status === "rejected" ? result.reason.code : "applied"))).toEqual([
      "applied",
      "TF1708",
    ]);
    await made.desk.idle();
    expect(made.api.writes).toHaveLength(1);
    expect((await made.desk.get(two.id, requester)).state).toBe("proposed");
  });

  test("undone once, and by one of two at once", async () => {
    const plan = await propose(made, up);
    await apply(made, plan);
    const results = await Promise.allSettled([made.desk.undo(claim(plan)), made.desk.undo(claim(plan))]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(made.desk.undo(claim(plan))).rejects.toMatchObject({ code: "TF1704" });
    expect(made.api.writes).toHaveLength(2);
  });
});

test("no more than five changes in a namespace within ten minutes", async () => {
  for (let count = 0; count < 5; count++) {
    made.findings = [crash];
    await apply(made, await propose(made, restart));
    made.clock.time += 60_000;
  }
  made.findings = [crash];
  const plan = await propose(made, restart);
  await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1709" });
  expect(made.api.writes).toHaveLength(5);
  made.clock.time += 5.5 * 60_000;
  expect((await apply(made, plan)).state).toBe("verified");
});

describe("approval codes", () => {
  const withCode = (plan: Plan, code: string) => ({
    ...claim(plan),
    approval: { kind: "code" as const, by: "tester", hash: plan.hash, code },
  });

  test("the plan's own code is good, in small letters too", async () => {
    const plan = await propose(made, up);
    const code = approvalCode(key, "apply", plan.id, plan.hash);
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
    const { end } = await made.desk.apply(withCode(plan, code.toLowerCase().replaceAll("-", " ")));
    expect((await end).state).toBe("verified");
    expect(made.log.find(({ event }) => event === "approve")).toMatchObject({ approval: "code" });
    expect(JSON.stringify(made.log)).not.toContain(code);
  });

  test("one of another plan, another step or another key is not; after five the plan is void", async () => {
    const [plan, other] = [await propose(made, up), await propose(made, restart)];
    const wrong = [
      approvalCode(key, "apply", other.id, other.hash),
      approvalCode(key, "undo", plan.id, plan.hash),
      approvalCode(Buffer.alloc(32, 8), "apply", plan.id, plan.hash),
      "",
      "0".repeat(10_000),
    ];
    for (const code of wrong) {
      await expect(made.desk.apply(withCode(plan, code))).rejects.toMatchObject({ code: "TF1715" });
    }
    const right = approvalCode(key, "apply", plan.id, plan.hash);
    await expect(made.desk.apply(withCode(plan, right))).rejects.toMatchObject({ code: "TF1704" });
    expect(made.api.writes).toEqual([]);
  });

  test("an apply's code does not undo", async () => {
    const plan = await propose(made, up);
    const code = approvalCode(key, "apply", plan.id, plan.hash);
    await (await made.desk.apply(withCode(plan, code))).end;
    await expect(made.desk.undo(withCode(plan, code))).rejects.toMatchObject({ code: "TF1715" });
    expect(made.api.writes).toHaveLength(1);
    await made.desk.undo(withCode(plan, approvalCode(key, "undo", plan.id, plan.hash)));
  });

  test("without a key there are none", async () => {
    const bare = await world();
    try {
      const plan = await propose(bare, up);
      const code = approvalCode(Buffer.alloc(0), "apply", plan.id, plan.hash);
      await expect(bare.desk.apply(withCode(plan, code))).rejects.toMatchObject({ code: "TF1713" });
      expect(bare.api.writes).toEqual([]);
    } finally {
      await bare.api.stop();
    }
  });
});

describe("when the API server does not play along", () => {
  test.each([
    [403, "TF1718"],
    [422, "TF1718"],
    [409, "TF1705"],
    [404, "TF1705"],
    [429, "TF1718"],
  ])("HTTP %i to the change is %s; nothing is changed", async (status, code) => {
    const plan = await propose(made, up);
    made.api.mischief = ({ method, dryRun }) => (method === "PATCH" && !dryRun ? { status } : undefined);
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code });
    expect(made.api.writes).toEqual([]);
    expect((await made.desk.get(plan.id, requester)).state).toBe("failed");
  });

  test("HTTP 403 to the dry run: there is no plan", async () => {
    made.api.mischief = ({ method }) =>
      method === "PATCH" ? { status: 403, message: "cannot \u001b[31mpatch\u001b[0m" } : undefined;
    await expect(propose(made, up)).rejects.toMatchObject({ code: "TF1718", detail: ["cannot patch"] });
    expect(made.api.writes).toEqual([]);
  });

  test("what makes a change safe can't be read: TF1724", async () => {
    made.api.mischief = ({ path }) =>
      path.endsWith("/horizontalpodautoscalers") ? { status: 403 } : undefined;
    await expect(propose(made, up)).rejects.toMatchObject({ code: "TF1724" });
    made.api.mischief = ({ path }) => (path === `${core}/resourcequotas` ? { status: 500 } : undefined);
    await expect(propose(made, up)).rejects.toMatchObject({ code: "TF1724" });
  });

  test("the answer is lost, the change was made: it goes on", async () => {
    const plan = await propose(made, up);
    made.api.mischief = ({ method, dryRun }) => (method === "PATCH" && !dryRun ? "cut after" : undefined);
    expect((await apply(made, plan)).state).toBe("verified");
    expect(made.api.writes).toHaveLength(1);
  });

  test("it goes away before: nobody knows, and it can be undone if it arrived", async () => {
    const plan = await propose(made, up);
    made.api.mischief = ({ method, dryRun }) => (method === "PATCH" && !dryRun ? "cut before" : undefined);
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1721" });
    expect(await made.desk.get(plan.id, requester)).toMatchObject({ state: "failed", uncertain: true });
    made.api.mischief = () => undefined;
    // It had not arrived.
    await expect(made.desk.undo(claim(plan))).rejects.toMatchObject({ code: "TF1720" });
    expect(made.api.writes).toEqual([]);
  });
});

describe("undo", () => {
  test("what others changed since is left alone", async () => {
    const plan = await propose(made, up);
    await apply(made, plan);
    made.api.edit(backend, (object) => {
      object.spec.replicas = 3;
    });
    await expect(made.desk.undo(claim(plan))).rejects.toMatchObject({ code: "TF1720" });
    expect(made.api.get(backend).spec.replicas).toBe(3);
    expect(made.api.writes).toHaveLength(1);
  });

  test("its answer is lost: it is seen that it is done", async () => {
    const plan = await propose(made, up);
    await apply(made, plan);
    let cut = false;
    made.api.mischief = ({ method }) => {
      if (method !== "PATCH" || cut) return undefined;
      cut = true;
      return "cut after";
    };
    expect((await made.desk.undo(claim(plan))).state).toBe("undone");
    expect(made.api.get(backend).spec.replicas).toBe(1);
  });

  test("needs an approval of its own, and the hash", async () => {
    const plan = await propose(made, up);
    await expect(made.desk.undo(claim(plan))).rejects.toMatchObject({ code: "TF1704" });
    await apply(made, plan);
    const { approval: _none, ...rest } = claim(plan);
    await expect(made.desk.undo(rest)).rejects.toMatchObject({ code: "TF1713" });
    await expect(made.desk.undo({ ...claim(plan), hash: "" })).rejects.toMatchObject({ code: "TF1703" });
    expect(made.api.writes).toHaveLength(1);
  });
});

describe("the audit log", () => {
  test("has every decision in its order", async () => {
    const plan = await propose(made, up);
    await apply(made, plan);
    await made.desk.undo(claim(plan));
    expect(made.log.map(({ event }) => event)).toEqual([
      "propose",
      "approve",
      "apply",
      "verify",
      "undo",
      "undo",
    ]);
    for (const entry of made.log) {
      expect(entry).toMatchObject({
        caller: "tester",
        namespace,
        plan: plan.id,
        target: "Deployment/backend",
      });
    }
  });

  test("what it cannot take down is not done", async () => {
    let broken = false;
    const audit = {
      record: async () => {
        if (broken) throw Object.assign(new Error("disk full"), { code: "TF1723" });
      },
    };
    const other = await world({ audit });
    try {
      const plan = await propose(other, up);
      broken = true;
      await expect(other.desk.apply(claim(plan))).rejects.toThrow("disk full");
      expect(other.api.writes).toEqual([]);
    } finally {
      await other.api.stop();
    }
  });
});

test("the page of a plan is whole by its hash, and shows no value of the environment", async () => {
  const plan = await propose(made, { action: "rolloutUndo", deployment: "backend" });
  const view = JSON.parse(JSON.stringify(planView(plan)));
  expect(JSON.stringify(view)).not.toContain("hunter2");
  expect(isWhole(view)).toBe(true);
  expect(isWhole({ ...view, risk: "low" })).toBe(false);
  expect(isWhole({ ...view, changeSha256: "0".repeat(64) })).toBe(false);
  expect(made.api.asked).toContain(`GET ${apps}/replicasets/backend-1`);
});
