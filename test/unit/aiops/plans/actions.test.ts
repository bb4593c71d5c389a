/** Each action: what it asks of the API server, and that undoing it gives the object as before. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Proposal } from "../../../../aiops/kagent/checks/proposal.ts";
import { sorted } from "./fakeApi.ts";
import {
  apply,
  backend,
  claim,
  mends,
  namespace,
  networking,
  propose,
  service,
  type World,
  wanted,
  world,
} from "./world.ts";

let made: World;
beforeEach(async () => {
  made = await world();
  mends(made);
});
afterEach(() => made.api.stop());

const all: [Proposal, string, unknown][] = [
  [{ action: "rolloutUndo", deployment: "backend" }, backend, ["/spec/template"]],
  [{ action: "rolloutUndo", deployment: "backend", toRevision: 1 }, backend, ["/spec/template"]],
  [{ action: "rolloutRestart", deployment: "backend" }, backend, ["/spec/template/metadata/annotations"]],
  [{ action: "scale", deployment: "backend", replicas: 3 }, backend, ["/spec/replicas"]],
  [
    { action: "patchSelector", service: "backend-service", selector: { app: "backend" } },
    service,
    ["/spec/selector"],
  ],
  [
    { action: "patchTargetPort", service: "backend-service", port: 8000, targetPort: "http" },
    service,
    ["/spec/ports/1/targetPort"],
  ],
  [
    {
      action: "patchProbe",
      deployment: "backend",
      container: "backend",
      probe: "readinessProbe",
      port: "http",
      path: "/health/ready",
    },
    backend,
    [
      "/spec/template/spec/containers/1/readinessProbe/httpGet/port",
      "/spec/template/spec/containers/1/readinessProbe/httpGet/path",
    ],
  ],
  [
    { action: "patchProbe", deployment: "backend", container: "backend", probe: "livenessProbe", port: 8001 },
    backend,
    ["/spec/template/spec/containers/1/livenessProbe/tcpSocket/port"],
  ],
  [
    {
      action: "patchLimits",
      deployment: "backend",
      container: "backend",
      limits: { memory: "384Mi", cpu: "1" },
    },
    backend,
    [
      "/spec/template/spec/containers/1/resources/limits/memory",
      "/spec/template/spec/containers/1/resources/limits/cpu",
    ],
  ],
  [
    { action: "patchLimits", deployment: "backend", container: "proxy", limits: { memory: "64Mi" } },
    backend,
    ["/spec/template/spec/containers/0/resources/limits"],
  ],
];

describe.each(all)("%j", (proposal, path, paths) => {
  test("changes what it says and nothing else; undone, everything is as before", async () => {
    const before = wanted(made.api.get(path));
    const plan = await propose(made, proposal);
    expect(made.api.writes).toEqual([]);
    expect(made.api.dryRuns).toHaveLength(1);

    expect((await apply(made, plan)).state).toBe("verified");
    expect(made.api.writes).toHaveLength(1);
    const [write] = made.api.writes;
    expect(write).toMatchObject({ method: "PATCH", path, query: { fieldManager: "taskflow-kagent" } });
    const steps = write?.body as { op: string; path: string }[];
    expect(steps.filter(({ op }) => op !== "test").map((step) => step.path)).toEqual(paths);
    expect(steps[0]).toEqual({ op: "test", path: "/metadata/uid", value: made.api.get(path).metadata.uid });
    expect(sorted(wanted(made.api.get(path)))).not.toBe(sorted(before));

    await made.desk.undo(claim(plan));
    expect(made.api.writes).toHaveLength(2);
    expect(sorted(wanted(made.api.get(path)))).toBe(sorted(before));
  });
});

test("rolloutUndo takes the earlier template as it is, without the controller's label, unknown fields included", async () => {
  await apply(made, await propose(made, { action: "rolloutUndo", deployment: "backend" }));
  const { template } = made.api.get(backend).spec;
  expect(template.metadata.labels).toEqual({ app: "backend" });
  expect(template.spec.futureField).toBe("kept");
  expect(template.spec.containers[1].image).toBe("backend:1");
});

test("patchSelector replaces the whole selector: what it does not name is gone", async () => {
  made.api.edit(service, (object) => {
    object.spec.selector = { app: "backend", tier: "api", "example.com/old": "x" };
  });
  const proposal: Proposal = {
    action: "patchSelector",
    service: "backend-service",
    selector: { app: "backend" },
  };
  const plan = await propose(made, proposal);
  expect(plan.diff).toEqual([
    { path: "spec.selector.tier", before: "api" },
    { path: "spec.selector[example.com/old]", before: "x" },
  ]);
  await apply(made, plan);
  expect(made.api.get(service).spec.selector).toEqual({ app: "backend" });
  await made.desk.undo(claim(plan));
  expect(Object.keys(made.api.get(service).spec.selector)).toHaveLength(3);
});

test("allowTraffic adds one policy and undoing removes it", async () => {
  const plan = await propose(made, {
    action: "allowTraffic",
    from: { app: "frontend" },
    to: { app: "backend" },
    port: 8000,
  });
  expect((await apply(made, plan)).state).toBe("verified");
  const path = `${networking}/networkpolicies/${plan.target.name}`;
  expect(made.api.get(path).spec).toEqual({
    podSelector: { matchLabels: { app: "backend" } },
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [{ podSelector: { matchLabels: { app: "frontend" } } }],
        ports: [{ protocol: "TCP", port: 8000 }],
      },
    ],
  });
  await made.desk.undo(claim(plan));
  expect(made.api.get(path)).toBeUndefined();
  expect(made.api.writes.map(({ method }) => method)).toEqual(["POST", "DELETE"]);
  expect(made.api.writes[1]?.body.preconditions.uid).toMatch(/^uid-/);
});

test("allowTraffic: a policy that somebody changed since is not deleted", async () => {
  const plan = await propose(made, {
    action: "allowTraffic",
    from: { app: "frontend" },
    to: { app: "backend" },
    port: 8000,
  });
  await apply(made, plan);
  const path = `${networking}/networkpolicies/${plan.target.name}`;
  made.api.edit(path, (policy) => {
    policy.spec.ingress[0].ports[0].port = 9000;
  });
  await expect(made.desk.undo(claim(plan))).rejects.toMatchObject({ code: "TF1720" });
  expect(made.api.get(path)).toBeDefined();
});

describe("what is not there to be changed is TF1716", () => {
  test.each<[string, Proposal]>([
    ["Deployment", { action: "rolloutRestart", deployment: "nobody" }],
    ["Service", { action: "patchTargetPort", service: "nobody", port: 1, targetPort: 2 }],
    ["port", { action: "patchTargetPort", service: "backend-service", port: 1, targetPort: 2 }],
    ["revision", { action: "rolloutUndo", deployment: "backend", toRevision: 9 }],
    ["current revision", { action: "rolloutUndo", deployment: "backend", toRevision: 2 }],
    [
      "container",
      { action: "patchLimits", deployment: "backend", container: "nobody", limits: { cpu: "1" } },
    ],
    [
      "probe",
      { action: "patchProbe", deployment: "backend", container: "backend", probe: "startupProbe", port: 1 },
    ],
    [
      "path of a probe without paths",
      {
        action: "patchProbe",
        deployment: "backend",
        container: "backend",
        probe: "livenessProbe",
        path: "/",
      },
    ],
    [
      "port name",
      {
        action: "patchProbe",
        deployment: "backend",
        container: "backend",
        probe: "readinessProbe",
        port: "web",
      },
    ],
    ["pods", { action: "patchSelector", service: "backend-service", selector: { app: "nobody" } }],
    ["sender", { action: "allowTraffic", from: { app: "nobody" }, to: { app: "backend" }, port: 1 }],
  ])("%s", async (_what, proposal) => {
    await expect(propose(made, proposal)).rejects.toMatchObject({ code: "TF1716" });
    expect(made.api.writes).toEqual([]);
  });
});

test("a change that changes nothing is TF1717", async () => {
  await expect(propose(made, { action: "scale", deployment: "backend", replicas: 1 })).rejects.toMatchObject({
    code: "TF1717",
  });
});

test("the diff shows what the dry run says, and no value of the environment", async () => {
  const plan = await propose(made, { action: "rolloutUndo", deployment: "backend" });
  const image = "spec.template.spec.containers[backend].image";
  expect(plan.diff).toContainEqual({ path: image, before: "backend:2", after: "backend:1" });
  const url = "spec.template.spec.containers[backend].env[DATABASE_URL].value";
  expect(plan.diff).toContainEqual({ path: url, before: "(hidden)", after: "(hidden)" });
  expect(JSON.stringify(plan.diff)).not.toContain("hunter2");
  expect(plan.namespace).toBe(namespace);
});
