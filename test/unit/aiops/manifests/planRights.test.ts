/** The rights that the manifests give for remediation are those that plans use: each action, applied and undone. */
import { describe, expect, test } from "vitest";
import { proposalSchema } from "../../../../aiops/kagent/plans/allowList.ts";
import { apply, claim, mends, propose, world } from "../plans/world.ts";
import { build, kubectl } from "./kustomize.ts";
import { type ApiRequest, allows, grants, requestOf } from "./rbac.ts";

const proposals: { action: string; [field: string]: unknown }[] = [
  { action: "rolloutUndo", deployment: "backend" },
  { action: "rolloutRestart", deployment: "backend" },
  { action: "scale", deployment: "backend", replicas: 2 },
  { action: "patchSelector", service: "backend-service", selector: { app: "backend" } },
  { action: "patchTargetPort", service: "backend-service", port: 8000, targetPort: "http" },
  {
    action: "patchProbe",
    deployment: "backend",
    container: "backend",
    probe: "readinessProbe",
    port: "http",
  },
  { action: "patchLimits", deployment: "backend", container: "backend", limits: { memory: "384Mi" } },
  { action: "allowTraffic", from: { app: "frontend" }, to: { app: "backend" }, port: 8000 },
];

/** Every request from the proposal to the undo. */
async function requestsOf(proposal: object): Promise<ApiRequest[]> {
  const made = await world();
  try {
    mends(made);
    const plan = await propose(made, proposal);
    expect((await apply(made, plan)).state).toBe("verified");
    await made.desk.undo(claim(plan));
    return made.api.asked.map((line) => {
      const [method, path] = line.split(" ") as [string, string];
      return requestOf(method, path);
    });
  } finally {
    await made.api.stop();
  }
}

test("each action of the allow-list is looked at", () => {
  const actions = proposalSchema.options.map(({ shape }) => shape.action.value).sort();
  expect(proposals.map(({ action }) => action).sort()).toEqual(actions);
});

describe.skipIf(!kubectl)("the rights of aiops/kagent/manifests/remediation", async () => {
  const all = kubectl ? (await Promise.all(proposals.map(requestsOf))).flat() : [];
  const writes = (request: ApiRequest) => !["get", "list"].includes(request.verb);

  test("cover all that plans ask of the API server", async () => {
    expect(all.length).toBeGreaterThan(30);
    const granted = grants(await build("remediation"), "taskflow-mcp");
    expect(all.filter((request) => !allows(granted, request))).toEqual([]);
  });

  test("change nothing that no plan changes; without remediation none of it is allowed", async () => {
    const used = new Set(all.filter(writes).map(({ verb, resource }) => `${verb} ${resource}`));
    const changing = grants(await build("remediation"), "taskflow-mcp").flatMap(({ rule }) =>
      rule.verbs
        .filter((verb) => !["get", "list", "watch"].includes(verb))
        .flatMap((verb) => (rule.resources ?? []).map((resource) => `${verb} ${resource}`)),
    );
    expect(changing.sort()).toEqual([...used].sort());
    const reading = grants(await build(""), "taskflow-mcp");
    expect(all.filter(writes).filter((request) => allows(reading, request))).toEqual([]);
  });
});
