/** An API server made here, the MCP server in front of it, and real clients of both revisions. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { clients } from "../../../../aiops/kagent/checks/api.ts";
import { anybody } from "../../../../aiops/kagent/mcp/auth.ts";
import type { AuditEntry, Caller } from "../../../../aiops/kagent/mcp/context.ts";
import { type FactoryOptions, factory } from "../../../../aiops/kagent/mcp/factory.ts";
import { type HttpOptions, type HttpServer, serveHttp } from "../../../../aiops/kagent/mcp/http.ts";
import { Gate } from "../../../../aiops/kagent/mcp/limits.ts";
import { jsonLog } from "../../../../aiops/kagent/mcp/log.ts";

export const core = "/api/v1/namespaces/todo-app";
export const apps = "/apis/apps/v1/namespaces/todo-app";
export const metrics = "/apis/metrics.k8s.io/v1beta1/namespaces/todo-app/pods";
export const slices = "/apis/discovery.k8s.io/v1/namespaces/todo-app/endpointslices";
export const policies = "/apis/networking.k8s.io/v1/namespaces/todo-app/networkpolicies";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
export type Answer = { status?: number; body?: unknown; text?: string | Buffer } | Handler;
export const list = (...items: unknown[]): Answer => ({ body: { items, metadata: {} } });

export interface FakeApi {
  /** By path; an empty list for all others. */
  answers: Record<string, Answer>;
  /** `GET /path?query` of every request. */
  asked: string[];
  config: KubeConfig;
  /** A file with the context `test`. */
  kubeconfig: string;
  close(): Promise<void>;
}

export async function fakeApi(): Promise<FakeApi> {
  const answers: Record<string, Answer> = {};
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    // A log is text; the client reads a list as an object.
    const answer = answers[url.pathname] ?? (url.pathname.endsWith("/log") ? { text: "" } : list());
    if (typeof answer === "function") return answer(request, response);
    const { status = 200, body, text } = answer;
    response.writeHead(status, { "content-type": text === undefined ? "application/json" : "text/plain" });
    response.end(text ?? JSON.stringify(body ?? {}));
  });
  const url = await listening(server);
  const folder = await mkdtemp(join(tmpdir(), "taskflow-mcp-"));
  const kubeconfig = join(folder, "kubeconfig");
  const content = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token: "cluster-token-of-the-server" } }],
    contexts: [{ name: "test", context: { cluster: "c", user: "u" } }],
    "current-context": "test",
  };
  await writeFile(kubeconfig, JSON.stringify(content));
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return {
    answers,
    asked,
    config,
    kubeconfig,
    close: async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export interface Served extends HttpServer {
  /** Lines of the log, parsed. */
  logged: Record<string, unknown>[];
  audited: { caller: Caller; entry: AuditEntry }[];
}

export async function served(
  api: FakeApi,
  options: Partial<FactoryOptions> & Partial<HttpOptions> = {},
): Promise<Served> {
  const logged: Served["logged"] = [];
  const audited: Served["audited"] = [];
  const log = jsonLog((line) => logged.push(JSON.parse(line)));
  const gate = options.gate ?? new Gate();
  const server = await serveHttp({
    host: "127.0.0.1",
    port: 0,
    path: "/mcp",
    factory: factory({
      api: clients(api.config),
      kubeConfig: api.config,
      namespaces: ["todo-app"],
      gate,
      log,
      timeout: 20_000,
      audit: (caller, entry) => audited.push({ caller, entry }),
      nobody: { name: "nobody" },
      ...options,
    }),
    authenticate: anybody,
    allowHosts: [],
    allowOrigins: [],
    rate: 1000,
    log,
    ...options,
  });
  return Object.assign(server, { logged, audited });
}

export type Revision = "2026-07-28" | "2025-11-25";

/** A client of the new revision, or one that opens with the handshake of the old ones. */
export function client(revision: Revision = "2026-07-28"): Client {
  return new Client(
    { name: "test", version: "1.0.0" },
    { versionNegotiation: { mode: revision === "2026-07-28" ? { pin: revision } : "legacy" } },
  );
}

export async function connected(
  url: string,
  revision?: Revision,
  headers: Record<string, string> = {},
): Promise<Client> {
  const one = client(revision);
  await one.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return one;
}

export interface Result {
  isError?: boolean;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of several shapes.
  data: any;
}

export async function call(one: Client, name: string, args: Record<string, unknown> = {}): Promise<Result> {
  const result = await one.callTool({ name, arguments: args });
  const [content] = result.content;
  if (content?.type !== "text") throw new Error("the answer begins with no text");
  return { isError: result.isError === true, text: content.text, data: result.structuredContent };
}

/** A JSON-RPC request as bytes, for what no client would send. */
export const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

export const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};
