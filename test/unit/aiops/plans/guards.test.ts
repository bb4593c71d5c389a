/** What the API server's dry run does not say: quotas, limit ranges, autoscalers, and policies that would shut out. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backend, core, namespace, networking, propose, type World, world } from "./world.ts";

let made: World;
beforeEach(async () => {
  made = await world();
});
afterEach(() => made.api.stop());

const memory = (limit: string, container = "backend") => ({
  action: "patchLimits",
  deployment: "backend",
  container,
  limits: { memory: limit },
});
const scale = (replicas: number) => ({ action: "scale", deployment: "backend", replicas });

const quota = (hard: Record<string, string>, used: Record<string, string>, scopes?: string[]) =>
  made.api.put(`${core}/resourcequotas/q`, {
    metadata: { name: "q", namespace },
    spec: { hard, ...(scopes ? { scopes } : {}) },
    status: { hard, used },
  });
const limitRange = (item: Record<string, unknown>) =>
  made.api.put(`${core}/limitranges/l`, { metadata: { name: "l", namespace }, spec: { limits: [item] } });

const outcome = async (proposal: unknown): Promise<string> =>
  propose(made, proposal).then(
    ({ state }) => state,
    (error) => error.code,
  );

describe("ResourceQuota", () => {
  test.each<[string, unknown, Record<string, string>, Record<string, string>, string]>([
    ["one more pod fits", scale(2), { "limits.memory": "512Mi" }, { "limits.memory": "256Mi" }, "proposed"],
    ["two more do not", scale(3), { "limits.memory": "512Mi" }, { "limits.memory": "256Mi" }, "TF1710"],
    ["the number of pods", scale(3), { pods: "2" }, { pods: "1" }, "TF1710"],
    ["requests under their short name", scale(3), { cpu: "120m" }, { cpu: "50m" }, "TF1710"],
    // Two pods of 256Mi are used; the first new one of 300Mi comes up beside them.
    [
      "the pod beside the old ones",
      memory("300Mi"),
      { "limits.memory": "800Mi" },
      { "limits.memory": "512Mi" },
      "TF1710",
    ],
    ["room for it", memory("300Mi"), { "limits.memory": "812Mi" }, { "limits.memory": "512Mi" }, "proposed"],
    ["nothing that it counts", memory("300Mi"), { services: "1" }, { services: "1" }, "proposed"],
    ["what can't be read as a number", scale(2), { "limits.memory": "much" }, {}, "TF1710"],
  ])("%s", async (_what, proposal, hard, used, code) => {
    quota(hard, used);
    expect(await outcome(proposal)).toBe(code);
    expect(made.api.writes).toEqual([]);
  });

  test("one for pods that end by themselves does not count", async () => {
    quota({ pods: "1" }, { pods: "1" }, ["Terminating"]);
    expect(await outcome(scale(3))).toBe("proposed");
  });

  test("scaling down needs no room", async () => {
    made.api.edit(backend, (object) => {
      object.spec.replicas = 3;
    });
    quota({ pods: "1" }, { pods: "3" });
    expect(await outcome(scale(2))).toBe("proposed");
  });
});

describe("LimitRange", () => {
  test.each<[string, unknown, Record<string, unknown>, string]>([
    ["max", memory("384Mi"), { type: "Container", max: { memory: "300Mi" } }, "TF1710"],
    ["max, met", memory("384Mi"), { type: "Container", max: { memory: "384Mi" } }, "proposed"],
    ["min", memory("130Mi"), { type: "Container", min: { memory: "200Mi" } }, "TF1710"],
    ["ratio", memory("384Mi"), { type: "Container", maxLimitRequestRatio: { memory: "2" } }, "TF1710"],
    [
      "of a pod: its containers together",
      memory("64Mi", "proxy"),
      { type: "Pod", max: { memory: "300Mi" } },
      "TF1710",
    ],
    ["of claims", memory("384Mi"), { type: "PersistentVolumeClaim", max: { storage: "1Gi" } }, "proposed"],
  ])("%s", async (_what, proposal, item, code) => {
    limitRange(item);
    expect(await outcome(proposal)).toBe(code);
    expect(made.api.writes).toEqual([]);
  });
});

describe("a NetworkPolicy is added only where it only adds", () => {
  const traffic = { action: "allowTraffic", from: { app: "frontend" }, to: { app: "backend" }, port: 8000 };
  const policy = (name: string, spec: Record<string, unknown>) =>
    made.api.put(`${networking}/networkpolicies/${name}`, { metadata: { name, namespace }, spec });
  const free = () => made.api.objects.delete(`${networking}/networkpolicies/backend`);

  test("nothing holds the traffic back", async () => {
    free();
    expect(await outcome(traffic)).toBe("TF1725");
  });

  test("it is allowed already", async () => {
    policy("more", {
      podSelector: { matchLabels: { app: "backend" } },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: "frontend" } } }], ports: [{ port: 8000 }] }],
    });
    expect(await outcome(traffic)).toBe("TF1725");
  });

  test("some of the pods are free: it would shut them off", async () => {
    free();
    policy("tier", { podSelector: { matchLabels: { tier: "api" } }, policyTypes: ["Ingress"], ingress: [] });
    made.api.put(`${core}/pods/backend-2`, {
      metadata: { name: "backend-2", namespace, labels: { app: "backend", tier: "api" } },
      spec: { containers: [{ name: "backend" }] },
    });
    expect(await outcome(traffic)).toBe("TF1725");
  });

  test("held back by the sender's side, it allows there", async () => {
    free();
    policy("out", { podSelector: { matchLabels: { app: "frontend" } }, policyTypes: ["Egress"], egress: [] });
    const plan = await propose(made, traffic);
    expect(plan.change).toMatchObject({
      policies: [{ spec: { podSelector: { matchLabels: { app: "frontend" } }, policyTypes: ["Egress"] } }],
    });
  });

  test("held back at both ends, it allows at both; free in one, it would shut that off", async () => {
    policy("out", { podSelector: { matchLabels: { app: "frontend" } }, policyTypes: ["Egress"], egress: [] });
    const { change } = await propose(made, traffic);
    expect(change.verb === "create" && change.policies.map(({ spec }) => spec.policyTypes)).toEqual([
      ["Ingress"],
      ["Egress"],
    ]);
    made.api.put(`${core}/pods/frontend-2`, {
      metadata: { name: "frontend-2", namespace, labels: { app: "frontend", tier: "web" } },
      spec: { containers: [{ name: "frontend" }] },
    });
    policy("out", {
      podSelector: {
        matchLabels: { app: "frontend" },
        matchExpressions: [{ key: "tier", operator: "DoesNotExist" }],
      },
      policyTypes: ["Egress"],
      egress: [],
    });
    expect(await outcome(traffic)).toBe("TF1725");
  });

  test("it is there already: an object of that name is not touched", async () => {
    const plan = await propose(made, traffic);
    policy(plan.target.name, { podSelector: { matchLabels: { app: "backend" } }, policyTypes: ["Ingress"] });
    expect(await outcome(traffic)).toBe("TF1705");
    expect(made.api.writes).toEqual([]);
  });
});
