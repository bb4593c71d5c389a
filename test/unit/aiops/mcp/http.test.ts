/** Who may call over HTTP, how much, and how the server ends. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthenticationV1Api } from "@kubernetes/client-node";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { inputRequired, inputResponse, type McpServer } from "@modelcontextprotocol/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { byToken, byTokenReview, tokenFrom } from "../../../../aiops/kagent/mcp/auth.ts";
import type { ToolContext } from "../../../../aiops/kagent/mcp/context.ts";
import { Gate } from "../../../../aiops/kagent/mcp/limits.ts";
import { mcpObstacle } from "../../../../aiops/kubectl-ai/launch.ts";
import { type ApiServer, apiServer, core } from "../../../support/apiServer.ts";
import { call, client, connected, initialize, post, type Served, served } from "./support.ts";

let api: ApiServer;
const servers: Served[] = [];
const serve = async (options: Parameters<typeof served>[1] = {}): Promise<Served> => {
  const server = await served(api, options);
  servers.push(server);
  return server;
};

beforeEach(async () => {
  api = await apiServer();
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
  await api.close();
});

const token = "0123456789abcdef0123456789abcdef";
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

describe("a shared token", () => {
  test("only those who have it are heard; refusals say nothing more", async () => {
    const { url, logged } = await serve({ authenticate: byToken(() => token) });
    for (const headers of [{}, bearer("wrong"), { authorization: token }, { authorization: "Basic eA==" }]) {
      const answer = await post(url, initialize, headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="taskflow"');
      expect(await messageOf(answer)).toMatch(/^TF1734 /);
    }
    const one = await connected(url, "2026-07-28", bearer(token));
    expect((await call(one, "list_pods")).isError).toBe(false);
    expect(logged.filter(({ event }) => event === "refused")).toHaveLength(4);
    expect(JSON.stringify(logged)).not.toContain(token);
  });

  test("is read again when its file changes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "taskflow-token-"));
    const file = join(folder, "token");
    try {
      await writeFile(file, `${token}\n`);
      const { url } = await serve({ authenticate: byToken(tokenFrom(file, undefined)) });
      expect((await post(url, initialize, bearer(token))).status).toBe(200);
      await writeFile(file, "f".repeat(32));
      expect((await post(url, initialize, bearer(token))).status).toBe(401);
      expect((await post(url, initialize, bearer("f".repeat(32)))).status).toBe(200);
      await writeFile(file, "short");
      expect(() => tokenFrom(file, undefined)).toThrow("TF1730");
      expect(() => tokenFrom(join(folder, "none"), undefined)).toThrow("TF1730");
      expect(() => tokenFrom(undefined, "short")).toThrow("TF1730");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("a service account's token", () => {
  const reviews = "/apis/authentication.k8s.io/v1/tokenreviews";
  const agent = "system:serviceaccount:kagent:agent";
  const accepted = (status: Record<string, unknown>) => {
    api.answers[reviews] = { status: 201, body: { status } };
  };
  const review = (callers = [agent]) =>
    byTokenReview(api.config.makeApiClient(AuthenticationV1Api), { audience: "taskflow-mcp", callers });

  test("the API server says who it is; that goes to log and plans, and is asked once", async () => {
    accepted({ authenticated: true, audiences: ["taskflow-mcp"], user: { username: agent } });
    const contexts: ToolContext[] = [];
    const server = await serve({
      authenticate: review(),
      registerPlans: (_server, context) => contexts.push(context),
    });
    const one = await connected(server.url, "2026-07-28", bearer("a.service.account"));
    await call(one, "list_pods");
    expect(server.logged).toContainEqual(expect.objectContaining({ event: "call", caller: agent }));
    expect(new Set(contexts.map(({ caller }) => caller.name))).toEqual(new Set([agent]));
    contexts[0]?.audit({ event: "apply_plan", plan: "p1" });
    expect(server.audited).toEqual([{ caller: { name: agent }, entry: { event: "apply_plan", plan: "p1" } }]);
    expect(api.asked.filter((line) => line.includes("tokenreviews"))).toHaveLength(1);
  });

  test.each([
    ["not authenticated", { authenticated: false }, 401],
    ["for another audience", { authenticated: true, audiences: ["other"], user: { username: agent } }, 401],
    ["without an audience", { authenticated: true, user: { username: agent } }, 401],
    ["of another user", { authenticated: true, audiences: ["taskflow-mcp"], user: { username: "eve" } }, 403],
  ])("%s: refused", async (_what, status, expected) => {
    accepted(status);
    const { url } = await serve({ authenticate: review() });
    expect((await post(url, initialize, bearer("x"))).status).toBe(expected);
  });

  test("nobody to ask is not the caller's fault", async () => {
    api.answers[reviews] = { status: 403 };
    const { url } = await serve({ authenticate: review() });
    const answer = await post(url, initialize, bearer("x"));
    expect(answer.status).toBe(503);
    expect(await messageOf(answer)).toMatch(/^TF1738 .*may not create TokenReviews/);
  });

  test("wrong ones are asked about only so often; who is known goes on", async () => {
    accepted({ authenticated: true, audiences: ["taskflow-mcp"], user: { username: agent } });
    const { url } = await serve({ authenticate: review() });
    expect((await post(url, initialize, bearer("good"))).status).toBe(200);
    accepted({ authenticated: false });
    const statuses: number[] = [];
    for (let n = 0; n < 40; n++) statuses.push((await post(url, initialize, bearer(`wrong${n}`))).status);
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(401));
    expect(statuses.at(-1)).toBe(429);
    expect(api.asked.filter((line) => line.includes("tokenreviews")).length).toBeLessThan(35);
    expect((await post(url, initialize, bearer("good"))).status).toBe(200);
  });
});

describe("before a request is read", () => {
  test("a web page, or a name that is not this machine's, is refused", async () => {
    const { url } = await serve({ allowHosts: ["mcp.example"], allowOrigins: ["console.example"] });
    const statusOf = async (headers: Record<string, string>) => (await raw(url, headers)).status;
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ host: "evil.example" })).toBe(403);
    expect(await statusOf({ host: "mcp.example:8931" })).toBe(200);
    expect(await statusOf({ origin: "https://evil.example" })).toBe(403);
    expect(await statusOf({ origin: "null" })).toBe(403);
    expect(await statusOf({ origin: "https://console.example" })).toBe(200);
    expect((await raw(url, { origin: "https://evil.example" })).body).toContain("TF1740");
  });

  test("a body that is too large is refused, declared or not", async () => {
    const { url } = await serve();
    const large = { ...initialize, padding: "x".repeat(300_000) };
    expect((await post(url, large)).status).toBe(413);
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(JSON.stringify(large)));
        controller.close();
      },
    });
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const answer = await fetch(url, { method: "POST", headers, body: chunks, duplex: "half" } as RequestInit);
    expect(answer.status).toBe(413);
    expect((await post(url, initialize)).status).toBe(200);
  });

  test("what is no JSON, no JSON-RPC or another path is refused without harm", async () => {
    const { url, logged } = await serve();
    expect((await post(url, "{nonsense")).status).toBe(400);
    expect((await post(url, { hello: "world" })).status).toBe(400);
    expect((await fetch(url.replace("/mcp", "/other"))).status).toBe(404);
    expect((await post(url, initialize)).status).toBe(200);
    expect(logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("a caller has so many requests a minute, and others theirs", async () => {
    const { url } = await serve({ rate: 3, authenticate: async (header) => ({ name: header ?? "" }) });
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push((await post(url, initialize, bearer("a"))).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await post(url, initialize, bearer("a"));
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await messageOf(refused)).toMatch(/^TF1735 /);
    expect((await post(url, initialize, bearer("b"))).status).toBe(200);
  });
});

test("more calls than places wait, and more than the queue holds are told so", async () => {
  const { url } = await serve({ gate: new Gate(1, 1) });
  const open: (() => void)[] = [];
  api.answers[`${core}/pods`] = (_request, response) => {
    open.push(() => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ items: [], metadata: {} }));
    });
  };
  const one = await connected(url);
  const first = call(one, "list_pods");
  await expect.poll(() => open.length).toBe(1);
  const second = call(one, "list_pods");
  const third = await call(one, "list_pods");
  expect(third.text).toMatch(/^TF1735 /);
  open[0]?.();
  expect((await first).isError).toBe(false);
  await expect.poll(() => open.length).toBe(2);
  open[1]?.();
  expect((await second).isError).toBe(false);
});

test("liveness and readiness need no token", async () => {
  const server = await serve({ authenticate: byToken(() => token) });
  const { port } = new URL(server.url);
  const health = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  expect(await health("/healthz")).toBe(200);
  expect(await health("/readyz")).toBe(200);
});

test("a server that is stopped ends what is under way, and takes no more", async () => {
  const server = await serve();
  let finish = () => {};
  const asked = new Promise<void>((resolve) => {
    api.answers[`${core}/pods`] = (_request, response) => {
      finish = () => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ items: [], metadata: {} }));
      };
      resolve();
    };
  });
  const one = await connected(server.url);
  const answer = call(one, "list_pods");
  await asked;
  const closed = server.close(5_000);
  await expect(fetch(server.url)).rejects.toThrow();
  finish();
  expect((await answer).isError).toBe(false);
  await closed;
});

describe("clients of 2025-11-25", () => {
  /** As a plan asks for its approval. */
  const approval = (server: McpServer, { caller }: ToolContext): void => {
    server.registerTool(
      "approve",
      { description: "Asks first", inputSchema: z.object({}) },
      async (_args, { mcpReq }) => {
        const answer = inputResponse(mcpReq.inputResponses, "ok");
        if (answer.kind !== "missing") {
          return { content: [{ type: "text", text: `${caller.name}: ${JSON.stringify(answer)}` }] };
        }
        const requestedSchema = z.object({ yes: z.boolean() });
        return inputRequired({
          inputRequests: { ok: inputRequired.elicit({ message: "Apply?", requestedSchema }) },
        });
      },
    );
  };
  const named = async (header: string | undefined) => ({ name: header ?? "" });

  test("are served without a session where nothing can be asked of them", async () => {
    const { url } = await serve();
    const answer = await post(url, initialize);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("mcp-session-id")).toBeNull();
  });

  // With elicitation the handshake goes to a session, without to the handler that makes an instance for each request.
  test.each([{}, { elicitation: {} }])("that name no revision get 2025-06-18: %j", async (capabilities) => {
    const { url } = await serve();
    const offered = async (protocolVersion: string) => {
      const params = { ...initialize.params, protocolVersion, capabilities };
      const text = await (await post(url, { ...initialize, params })).text();
      return /"protocolVersion":"([^"]*)"/.exec(text)?.[1];
    };
    expect(await offered("")).toBe("2025-06-18");
    for (const known of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
      expect(await offered(known)).toBe(known);
    }
  });

  test("kubectl-ai finds nothing in its way", async () => {
    expect(await mcpObstacle((await serve()).url, undefined)).toBeUndefined();
  });

  test.each(["2026-07-28", "2025-11-25"] as const)("%s: can be asked for an approval", async (revision) => {
    const { url } = await serve({ registerPlans: approval, authenticate: named });
    const one = client(revision);
    one.registerCapabilities({ elicitation: {} });
    let asked = "";
    one.setRequestHandler("elicitation/create", async (request) => {
      asked = request.params.message;
      return { action: "accept", content: { yes: true } };
    });
    const headers = bearer("agent");
    await one.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    const { text } = await call(one, "approve");
    expect(asked).toBe("Apply?");
    expect(text).toContain('Bearer agent: {"kind":"elicit","action":"accept"');
    await one.close();
  });

  test("a session belongs to its caller, and an unknown one is gone", async () => {
    const { url } = await serve({ registerPlans: approval, authenticate: named });
    const params = { ...initialize.params, capabilities: { elicitation: {} } };
    const opened = await post(url, { ...initialize, params }, bearer("a"));
    const id = opened.headers.get("mcp-session-id") as string;
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const ping = { jsonrpc: "2.0", id: 2, method: "ping" };
    const pinged = async (who: string, session: string) =>
      (await post(url, ping, { ...bearer(who), "mcp-session-id": session })).status;
    expect(await pinged("a", id)).toBe(200);
    expect(await pinged("b", id)).toBe(404);
    expect(await pinged("a", "00000000-0000-0000-0000-000000000000")).toBe(404);
  });
});

async function messageOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { error: { message: string } }).error.message;
}

/** A POST with headers that fetch does not let through. */
async function raw(url: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  const { hostname, port, pathname } = new URL(url);
  const body = JSON.stringify(initialize);
  const lines = Object.entries({
    host: `${hostname}:${port}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  const socket = connect(Number(port), hostname);
  socket.end(`POST ${pathname} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  return { status: Number(answer.split(" ")[1]), body: answer };
}
