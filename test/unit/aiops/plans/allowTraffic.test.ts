/** From the finding of checks/networkPolicy.ts to the plan, and back: with the policies added the check finds nothing. */
import type { V1NetworkPolicy, V1NetworkPolicySpec } from "@kubernetes/client-node";
import { afterEach, describe, expect, test } from "vitest";
import type { Api } from "../../../../aiops/kagent/checks/api.ts";
import { diagnose } from "../../../../aiops/kagent/checks/index.ts";
import type { Plan } from "../../../../aiops/kagent/plans/types.ts";
import type { Look } from "../../../../aiops/kagent/plans/verify.ts";
import { broken, type Healthy, named } from "../checks/network/support.ts";
import { FakeApi, type Json } from "./fakeApi.ts";
import { apply, claim, core, deskOver, namespace, networking, requester, type World } from "./world.ts";

const fakes: FakeApi[] = [];
afterEach(async () => {
  await Promise.all(fakes.splice(0).map((fake) => fake.stop()));
});

/** The API's own name for what the client's model calls `_from`. */
const wire = (policy: V1NetworkPolicy): Json =>
  JSON.parse(JSON.stringify(policy), (_key, value) => {
    if (value === null || typeof value !== "object" || !("_from" in value)) return value;
    const { _from: from, ...rest } = value;
    return { ...rest, from };
  });

interface Blocked extends World {
  look(): Promise<Look>;
}

/** A namespace whose diagnosis sees the policies that the API server has now. */
async function blocked(change: (seen: Healthy) => void): Promise<Blocked> {
  const seen = broken(change);
  const fake = new FakeApi();
  fakes.push(fake);
  const api: Api = await fake.start();
  for (const pod of seen.pods)
    fake.put(`${core}/pods/${pod.metadata?.name}`, JSON.parse(JSON.stringify(pod)));
  for (const policy of seen.around.networkPolicies) {
    fake.put(`${networking}/networkpolicies/${policy.metadata?.name}`, wire(policy));
  }
  const look = async () => {
    const { items: networkPolicies } = await api.networking.listNamespacedNetworkPolicy({ namespace });
    const snapshot = { ...seen, around: { ...seen.around, networkPolicies } };
    return { snapshot, findings: diagnose(snapshot) };
  };
  return { ...deskOver(fake, api, { examine: look }), look };
}

const proposeFor = async ({ desk, look }: Blocked): Promise<Plan> => {
  const [finding] = (await look()).findings;
  if (!finding) throw new Error("nothing is wrong");
  expect(finding.code).toBe("TF1524");
  return desk.propose({ namespace, code: finding.code, object: finding.object }, requester);
};

const specOf = (seen: Healthy, name: "frontend" | "backend"): V1NetworkPolicySpec =>
  named(seen.around.networkPolicies, name).spec ?? {};
const shutIngress = (seen: Healthy) => {
  specOf(seen, "backend").ingress = [];
};
const shutEgress = (seen: Healthy) => {
  const spec = specOf(seen, "frontend");
  spec.egress = (spec.egress ?? []).filter(({ ports }) => !ports?.some(({ port }) => port === 8000));
};
const bothByOne = (seen: Healthy) => {
  const names = [{ ports: [{ port: 53, protocol: "UDP" }] }];
  seen.around.networkPolicies = [
    {
      metadata: { name: "deny-most", namespace },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], egress: names },
    },
  ];
};

describe.each<[string, (seen: Healthy) => void, string[]]>([
  ["the receiver's policy", shutIngress, ["Ingress"]],
  ["the sender's policy", shutEgress, ["Egress"]],
  [
    "a policy of each",
    (seen) => {
      shutIngress(seen);
      shutEgress(seen);
    },
    ["Ingress", "Egress"],
  ],
  ["one policy, in both directions", bothByOne, ["Ingress", "Egress"]],
])("traffic held back by %s", (_name, change, directions) => {
  test("is let through, verified by the check itself, and undone as one", async () => {
    const made = await blocked(change);
    const before = (await made.look()).findings.map(({ code, object }) => `${code} ${object.name}`);
    const plan = await proposeFor(made);
    expect(made.api.writes).toEqual([]);
    expect(made.api.dryRuns).toHaveLength(directions.length);
    for (const { path, before: was } of plan.diff) expect([path, was]).toEqual([path, undefined]);

    expect(await apply(made, plan)).toMatchObject({ state: "verified" });
    expect((await made.look()).findings).toEqual([]);
    const policies = made.api.writes.map(({ method, body }) => [method, ...body.spec.policyTypes]);
    expect(policies).toEqual(directions.map((direction) => ["POST", direction]));

    await made.desk.undo(claim(plan));
    expect((await made.look()).findings.map(({ code, object }) => `${code} ${object.name}`)).toEqual(before);
  });
});

describe("two policies are made together or not at all", () => {
  const second = (method: string, count: { of: number }) => (request: { method: string; dryRun: boolean }) =>
    request.method === method && !request.dryRun && ++count.of === 2;

  test("the second is refused: the first goes again", async () => {
    const made = await blocked(bothByOne);
    const plan = await proposeFor(made);
    const isSecond = second("POST", { of: 0 });
    made.api.mischief = (request) => (isSecond(request) ? { status: 403, message: "no" } : undefined);
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1718" });
    expect(made.api.writes.map(({ method }) => method)).toEqual(["POST", "DELETE"]);
    expect((await made.desk.get(plan.id, requester)).state).toBe("failed");
  });

  test("the second is refused and the first stays: nobody knows, and undo takes it away", async () => {
    const made = await blocked(bothByOne);
    const plan = await proposeFor(made);
    const isSecond = second("POST", { of: 0 });
    made.api.mischief = (request) => {
      if (request.method === "DELETE") return { status: 500 };
      return isSecond(request) ? { status: 403, message: "no" } : undefined;
    };
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1721" });
    made.api.mischief = () => undefined;
    expect((await made.desk.undo(claim(plan))).state).toBe("undone");
    expect(made.api.writes.map(({ method }) => method)).toEqual(["POST", "DELETE"]);
  });

  test("the second is lost on its way: nobody knows, and undo takes the first away", async () => {
    const made = await blocked(bothByOne);
    const plan = await proposeFor(made);
    const isSecond = second("POST", { of: 0 });
    made.api.mischief = (request) => (isSecond(request) ? "cut before" : undefined);
    await expect(made.desk.apply(claim(plan))).rejects.toMatchObject({ code: "TF1721" });
    expect((await made.desk.undo(claim(plan))).state).toBe("undone");
    expect(made.api.writes.map(({ method }) => method)).toEqual(["POST", "DELETE"]);
  });

  test("the answer about the second is lost on its way: both are there", async () => {
    const made = await blocked(bothByOne);
    const plan = await proposeFor(made);
    const isSecond = second("POST", { of: 0 });
    made.api.mischief = (request) => (isSecond(request) ? "cut after" : undefined);
    expect(await apply(made, plan)).toMatchObject({ state: "verified" });
    expect(made.api.writes.map(({ method }) => method)).toEqual(["POST", "POST"]);
  });
});

test("where the DNS is blocked as well, there is no one change to propose", async () => {
  const made = await blocked((seen) => {
    seen.around.networkPolicies = [
      {
        metadata: { name: "deny-all", namespace },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
    ];
  });
  await expect(proposeFor(made)).rejects.toMatchObject({ code: "TF1707" });
});
