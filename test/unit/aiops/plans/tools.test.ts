/** The MCP tools over the SDK's own HTTP handler: both eras of the protocol, and that no client gets past the approval. */
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clients } from "../../../../aiops/kagent/checks/api.ts";
import { codes } from "../../../../aiops/kagent/codes/index.ts";
import { approvalCode } from "../../../../aiops/kagent/plans/approval.ts";
import { type AuditEntry, brokenAt } from "../../../../aiops/kagent/plans/audit.ts";
import { registerPlans } from "../../../../aiops/kagent/plans/tools.ts";
import type { Json } from "./fakeApi.ts";
import { apps, backend, core, mends, namespace, type World, world } from "./world.ts";

const key = Buffer.alloc(32, 7);
let made: World;
let caller: string;
let handler: ReturnType<typeof createMcpHandler>;

beforeEach(async () => {
  caller = "agent";
  made = await world({ approvalKey: async () => key });
  mends(made);
  handler = createMcpHandler(() => {
    const server = new McpServer({ name: "taskflow", version: "1" }, { capabilities: { tools: {} } });
    const context = {
      api: clients(made.api.config),
      kubeConfig: made.api.config,
      namespaces: [namespace],
      caller: { name: caller },
      audit: () => {},
    };
    registerPlans(server, context, made.desk);
    return server;
  });
});
afterEach(async () => {
  await handler.close();
  await made.api.stop();
});

const asksPeople = { elicitation: { form: {} } };

/** One request of the 2026-07-28 revision. */
async function ask(method: string, params: Json = {}, capabilities: Json = asksPeople): Promise<Json> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
  const response = await handler.fetch(
    new Request("http://127.0.0.1/mcp", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
        ...(params.name ? { "mcp-name": params.name } : {}),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } }),
    }),
  );
  const answer = (await response.json()) as Json;
  return answer.result ?? answer;
}
const call = (name: string, args: Json, more: Json = {}, capabilities?: Json): Promise<Json> =>
  ask("tools/call", { name, arguments: args, ...more }, capabilities);
const text = (result: Json): string => result.content[0].text;

const scale = { action: "scale", deployment: "backend", replicas: 2 };
const propose = async (): Promise<Json> =>
  (await call("propose_plan", { code: "TF1501", object: "backend", proposal: scale })).structuredContent;
const of = ({ id, hash }: Json) => ({ id, hash });

test("four tools with schemas and annotations; the forms of the allow-list are told", async () => {
  const { tools } = await ask("tools/list");
  const byName = Object.fromEntries(tools.map((tool: Json) => [tool.name, tool]));
  expect(Object.keys(byName)).toEqual(["propose_plan", "get_plan", "apply_plan", "undo_plan"]);
  expect(byName.apply_plan.annotations).toMatchObject({
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: false,
  });
  expect(byName.undo_plan.annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  expect(byName.propose_plan.annotations).toMatchObject({ readOnlyHint: true });
  for (const tool of tools) expect(tool.outputSchema.type).toBe("object");
  const { proposal } = byName.propose_plan.inputSchema.properties;
  const actions = proposal.oneOf.map((form: Json) => form.properties.action.const);
  expect(actions).toHaveLength(8);
  expect(proposal.oneOf[2].additionalProperties).toBe(false);
});

test("a plan is proposed, a person is asked, it is applied and verified", async () => {
  const plan = await propose();
  expect(plan).toMatchObject({
    state: "proposed",
    diff: [{ path: "spec.replicas", before: "1", after: "2" }],
  });
  expect(made.api.writes).toEqual([]);

  const question = await call("apply_plan", of(plan));
  expect(question.resultType).toBe("input_required");
  const { message, requestedSchema } = question.inputRequests.approval.params;
  expect(message).toContain("~ spec.replicas: 1 -> 2");
  expect(message).toContain(plan.hash);
  expect(requestedSchema.properties.approve.type).toBe("boolean");
  expect(made.api.writes).toEqual([]);

  const answer = {
    inputResponses: { approval: { action: "accept", content: { approve: true } } },
    requestState: question.requestState,
  };
  const done = await call("apply_plan", of(plan), answer);
  expect(done.structuredContent).toMatchObject({
    state: "verified",
    approvedBy: { kind: "roundTrip", by: "agent" },
  });
  expect(made.api.get(backend).spec.replicas).toBe(2);

  const again = await call("apply_plan", of(plan), answer);
  expect(again.isError).toBe(true);
  expect(text(again)).toContain("TF1704");
  expect(made.api.writes).toHaveLength(1);
  expect((await call("get_plan", { id: plan.id })).structuredContent.state).toBe("verified");
});

describe("nothing is changed when", () => {
  const refused = (result: Json, code: string) => {
    expect(result.isError).toBe(true);
    expect(text(result)).toContain(code);
    expect(made.api.writes).toEqual([]);
  };
  const asked = async (plan: Json): Promise<Json> => (await call("apply_plan", of(plan))).requestState;
  const accept = { approval: { action: "accept", content: { approve: true } } };

  test.each([
    ["declined", { action: "decline" }],
    ["closed", { action: "cancel" }],
    ["answered with no", { action: "accept", content: { approve: false } }],
    ["answered with something else", { action: "accept", content: { approve: "yes" } }],
    ["answered without an answer", { action: "accept" }],
  ])("the question is %s", async (_what, response) => {
    const plan = await propose();
    const requestState = await asked(plan);
    refused(
      await call("apply_plan", of(plan), { inputResponses: { approval: response }, requestState }),
      "TF1714",
    );
    expect(made.log.at(-1)).toMatchObject({ event: "refuse", code: "TF1714", plan: plan.id });
  });

  test("an answer comes without a question of ours", async () => {
    const plan = await propose();
    refused(await call("apply_plan", of(plan), { inputResponses: accept }), "TF1713");
    const forged = { inputResponses: accept, requestState: "v1.e30.AAAA" };
    refused(await call("apply_plan", of(plan), forged), "TF1713");
  });

  test("the question was about another plan, or asked of another caller", async () => {
    const [plan, other] = [await propose(), await propose()];
    const requestState = await asked(other);
    refused(await call("apply_plan", of(plan), { inputResponses: accept, requestState }), "TF1713");
    caller = "somebody else";
    refused(await call("apply_plan", of(other), { inputResponses: accept, requestState }), "TF1713");
  });

  test("the client can't ask anybody and brings no code", async () => {
    const plan = await propose();
    refused(await call("apply_plan", of(plan), {}, {}), "TF1713");
  });

  test("the code is made up", async () => {
    const plan = await propose();
    refused(await call("apply_plan", { ...of(plan), approval: "yes" }), "TF1715");
  });

  test("the plan is expired before anybody is asked", async () => {
    const plan = await propose();
    made.clock.time += 10 * 60_000;
    refused(await call("apply_plan", of(plan)), "TF1702");
  });

  test("the proposal is off the list, or the namespace out of scope", async () => {
    const wish = { code: "TF1501", object: "backend" };
    refused(await call("propose_plan", { ...wish, proposal: { action: "exec", command: "sh" } }), "TF1707");
    refused(await call("propose_plan", { ...wish, proposal: { ...scale, replicas: 9 } }), "TF1711");
    refused(await call("propose_plan", { ...wish, proposal: scale, namespace: "kube-system" }), "TF1706");
    refused(await call("propose_plan", wish), "TF1707");
  });
});

test("left out, the finding's own first proposal is taken", async () => {
  const [crash] = made.findings;
  if (crash) made.findings = [{ ...crash, proposals: [{ action: "rolloutRestart", deployment: "backend" }] }];
  const { structuredContent } = await call("propose_plan", { code: "TF1501", object: "backend" });
  expect(structuredContent.proposal).toEqual({ action: "rolloutRestart", deployment: "backend" });
});

test("undo asks again", async () => {
  const plan = await propose();
  const code = approvalCode(key, "apply", plan.id, plan.hash);
  const done = await call("apply_plan", { ...of(plan), approval: code });
  expect(done.structuredContent.state).toBe("verified");
  const question = await call("undo_plan", of(plan));
  expect(question.inputRequests.approval.params.message).toContain("Undo this plan?");
  const undone = await call("undo_plan", of(plan), {
    inputResponses: { approval: { action: "accept", content: { approve: true } } },
    requestState: question.requestState,
  });
  expect(undone.structuredContent.state).toBe("undone");
  expect(made.api.get(backend).spec.replicas).toBe(1);
});

test("a change that did not help is told as undone, with why", async () => {
  made.api.afterWrite = () => {};
  const plan = await propose();
  const code = approvalCode(key, "apply", plan.id, plan.hash);
  const done = await call("apply_plan", { ...of(plan), approval: code });
  expect(done.structuredContent).toMatchObject({ state: "undone", outcome: { code: "TF1719" } });
  expect(text(done)).toContain(`TF1719 after 180 s`);
  expect(codes.TF1719.title).toContain("undone");
});

test("by default the process has one desk for all its server instances, and chains what it writes down", async () => {
  const written: AuditEntry[] = [];
  await handler.close();
  handler = createMcpHandler(() => {
    const server = new McpServer({ name: "taskflow", version: "1" }, { capabilities: { tools: {} } });
    registerPlans(server, {
      api: clients(made.api.config),
      kubeConfig: made.api.config,
      namespaces: [namespace],
      caller: { name: "agent" },
      audit: (entry) => void written.push(entry as unknown as AuditEntry),
    });
    return server;
  });
  const [, set] = [1, 2].map((revision) => made.api.get(`${apps}/replicasets/backend-${revision}`));
  made.api.edit(`${core}/pods/backend-1`, (pod) => {
    pod.metadata.ownerReferences = [
      { kind: "ReplicaSet", name: "backend-2", uid: set.metadata.uid, controller: true },
    ];
    const lastState = { terminated: { exitCode: 1, reason: "Error" } };
    const state = { waiting: { reason: "CrashLoopBackOff" } };
    pod.status = {
      phase: "Running",
      containerStatuses: [{ name: "backend", ready: false, restartCount: 4, state, lastState }],
    };
  });
  // By the Deployment's name, although the finding is about its pod.
  const plan = await propose();
  expect((await call("get_plan", { id: plan.id })).structuredContent.hash).toBe(plan.hash);
  expect((await call("get_plan", { id: "plan-000000000000" })).isError).toBe(true);
  expect(written.map(({ event }) => event)).toEqual(["propose", "refuse"]);
  expect(brokenAt(written.map((entry) => JSON.stringify(entry)).join("\n"))).toBeUndefined();
  expect(made.api.writes).toEqual([]);
});

test("a client of the older revisions, as kagent has: a code, or nothing", async () => {
  const legacy = async (name: string, args: Json): Promise<Json> => {
    const response = await handler.fetch(
      new Request("http://127.0.0.1/mcp", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-protocol-version": "2025-06-18",
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: { name, arguments: args },
        }),
      }),
    );
    const body = await response.text();
    const data = /^data: (.*)$/m.exec(body)?.[1] ?? body;
    return JSON.parse(data).result;
  };
  const plan = (await legacy("propose_plan", { code: "TF1501", object: "backend", proposal: scale }))
    .structuredContent;
  const refused = await legacy("apply_plan", of(plan));
  expect(text(refused)).toContain("TF1713");
  expect(made.api.writes).toEqual([]);
  const approval = approvalCode(key, "apply", plan.id, plan.hash);
  expect((await legacy("apply_plan", { ...of(plan), approval })).structuredContent.state).toBe("verified");
});
