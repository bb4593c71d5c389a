/** The MCP server in front of an API server made here, and real clients of both revisions. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { clients } from "../../../../aiops/kagent/checks/api.ts";
import { anybody } from "../../../../aiops/kagent/mcp/auth.ts";
import type { AuditEntry, Caller } from "../../../../aiops/kagent/mcp/context.ts";
import { type FactoryOptions, factory } from "../../../../aiops/kagent/mcp/factory.ts";
import { type HttpOptions, type HttpServer, serveHttp } from "../../../../aiops/kagent/mcp/http.ts";
import { Gate } from "../../../../aiops/kagent/mcp/limits.ts";
import { jsonLog } from "../../../../aiops/kagent/mcp/log.ts";
import type { ApiServer } from "../../../support/apiServer.ts";

export interface Served extends HttpServer {
  /** Lines of the log, parsed. */
  logged: Record<string, unknown>[];
  audited: { caller: Caller; entry: AuditEntry }[];
}

export async function served(
  api: ApiServer,
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
