/**
 * Sessions of clients older than the 2026-07-28 revision, for those that can be asked something (elicitation, on which
 * approvals rest): the question goes out on the stream of the call and the answer comes back in another request, so
 * the call has to stay with one server instance. All other clients are served without a session, and notice neither a
 * restart nor a second replica.
 */
import { randomUUID } from "node:crypto";
import {
  type AuthInfo,
  isInitializeRequest,
  isLegacyRequest,
  type McpServer,
  type McpServerFactory,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { maxBody } from "./limits.ts";

interface Session {
  caller: string;
  transport: WebStandardStreamableHTTPServerTransport;
  usedAt: number;
}

export interface SessionOptions {
  /** Sessions kept at once; the one unused for the longest time makes room. */
  max?: number;
  /** Milliseconds without a request after which a session ends. */
  idle?: number;
}

export class Sessions {
  readonly #factory: McpServerFactory;
  readonly #max: number;
  readonly #idle: number;
  readonly #sessions = new Map<string, Session>();
  readonly #sweep: NodeJS.Timeout;

  constructor(factory: McpServerFactory, { max = 32, idle = 15 * 60_000 }: SessionOptions = {}) {
    this.#factory = factory;
    this.#max = max;
    this.#idle = idle;
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(idle, 60_000));
    this.#sweep.unref();
  }

  /** The answer to a request that belongs to a session or opens one; undefined for all others. */
  async fetch(request: Request, authInfo?: AuthInfo): Promise<Response | undefined> {
    if (!(await isLegacyRequest(request, undefined, { maxRequestBodySize: maxBody }))) return undefined;
    const caller = authInfo?.clientId ?? "";
    const id = request.headers.get("mcp-session-id");
    const options = authInfo ? { authInfo } : {};
    if (id !== null) {
      const session = this.#sessions.get(id);
      // Of another caller: the same answer as for one that is not there.
      if (session?.caller !== caller) return gone();
      session.usedAt = Date.now();
      return session.transport.handleRequest(request, options);
    }
    if (request.method !== "POST" || !(await canBeAsked(request))) return undefined;
    return (await this.#open(caller, request, authInfo)).handleRequest(request, options);
  }

  async #open(
    caller: string,
    requestInfo: Request,
    authInfo?: AuthInfo,
  ): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      maxRequestBodySize: maxBody,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { caller, transport, usedAt: Date.now() });
        if (this.#sessions.size > this.#max) this.#endOldest();
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    const server = (await this.#factory({
      era: "legacy",
      requestInfo,
      ...(authInfo ? { authInfo } : {}),
    })) as McpServer;
    await server.connect(transport);
    return transport;
  }

  #endOldest(): void {
    const [first] = [...this.#sessions].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    if (first) void this.#end(first[0]);
  }

  #endIdle(): void {
    for (const [id, { usedAt }] of this.#sessions) {
      if (Date.now() - usedAt > this.#idle) void this.#end(id);
    }
  }

  async #end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    await session?.transport.close();
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#sessions.keys()].map((id) => this.#end(id)));
  }
}

async function canBeAsked(request: Request): Promise<boolean> {
  let body: unknown;
  try {
    body = await request.clone().json();
  } catch {
    return false;
  }
  if (!isInitializeRequest(body)) return false;
  const { elicitation, sampling, roots } = body.params.capabilities;
  return [elicitation, sampling, roots].some((capability) => capability !== undefined);
}

function gone(): Response {
  const error = { code: -32_001, message: "Session not found" };
  return Response.json({ jsonrpc: "2.0", error, id: null }, { status: 404 });
}
