/** Streamable HTTP: one endpoint, and in front of it the checks that need no look at the message. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import {
  createMcpHandler,
  localhostAllowedHostnames,
  type McpServerFactory,
  validateHostHeader,
  validateOriginHeader,
} from "@modelcontextprotocol/server";
import { type Code, codes, TaskFlowError } from "../codes/index.ts";
import { type Authenticate, Refused } from "./auth.ts";
import type { Caller } from "./context.ts";
import * as limits from "./limits.ts";
import type { Log } from "./log.ts";
import { Sessions } from "./sessions.ts";

export interface HttpOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  path: string;
  factory: McpServerFactory;
  authenticate: Authenticate;
  /** Host names besides this machine's own. */
  allowHosts: readonly string[];
  allowOrigins: readonly string[];
  /** Requests a minute of one caller. */
  rate: number;
  log: Log;
}

export interface HttpServer {
  url: string;
  /**
   * Takes no more requests, lets those under way end (for `patience` milliseconds at most; the kubelet gives 30 s) and
   * closes.
   */
  close(patience?: number): Promise<void>;
}

type Request = IncomingMessage & { auth?: { token: string; clientId: string; scopes: string[] } };

/** @throws TaskFlowError TF1732. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { factory, log } = options;
  const onerror = (error: Error) => log("warn", "protocol", { error });
  const modern = createMcpHandler(factory, {
    onerror,
    maxRequestBodySize: limits.maxBody,
    maxSubscriptions: 16,
  });
  const sessions = new Sessions(factory);
  const mcp = toNodeHandler(
    {
      fetch: async (request, passed) =>
        (await sessions.fetch(request, passed?.authInfo)) ?? (await modern.fetch(request, passed)),
    },
    { onerror, maxRequestBodySize: limits.maxBody },
  );
  let closing = false;
  const allowed = admission(options);
  const answering = new Set<ServerResponse>();

  const handle = async (request: Request, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? "").split("?")[0];
    // Before the checks: the kubelet asks by the pod's address and has no token.
    if (path === "/healthz") return plain(response, 200, "ok");
    if (path === "/readyz") return plain(response, closing ? 503 : 200, closing ? "closing" : "ok");
    if (path !== options.path) return plain(response, 404, "not found");
    if (closing) {
      response.setHeader("Retry-After", 5);
      return refuse(response, 503, "TF1735", "the server is closing");
    }
    const caller = await allowed(request, response);
    if (!caller) return;
    // The token stays here: nothing behind this line has a use for it.
    request.auth = { token: "", clientId: caller.name, scopes: [] };
    if (request.method === "POST") {
      answering.add(response);
      response.on("close", () => answering.delete(response));
    }
    await mcp(request, response);
  };

  const server = createServer({
    requestTimeout: limits.requestTimeout,
    headersTimeout: limits.headersTimeout,
  });
  server.maxConnections = limits.maxConnections;
  server.on("request", (request: Request, response: ServerResponse) => {
    // A connection kept open would get no answer after the close.
    if (closing) response.setHeader("Connection", "close");
    handle(request, response).catch((error: unknown) => {
      log("error", "request", { error });
      if (!response.headersSent) plain(response, 500, "internal error");
      else response.destroy();
    });
  });
  await listen(server, options);

  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(":") ? `[${address}]` : address}:${port}${options.path}`,
    close: async (patience = 25_000) => {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await answered(answering, patience);
      // What is still open are streams that nobody would end.
      await Promise.all([modern.close(), sessions.close()]);
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Waits until these answers are sent, or `patience` milliseconds. */
async function answered(answering: ReadonlySet<ServerResponse>, patience: number): Promise<void> {
  const end = performance.now() + patience;
  while (answering.size > 0 && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

const codeOf = { 401: "TF1734", 403: "TF1734", 429: "TF1735", 503: "TF1738" } as const;

/** The checks before the message is read. Gives the caller, or undefined where it has answered with a refusal. */
function admission(
  options: HttpOptions,
): (request: Request, response: ServerResponse) => Promise<Caller | undefined> {
  const local = localhostAllowedHostnames();
  const hosts = [...local, ...options.allowHosts];
  const origins = [...local, ...options.allowOrigins];
  const rate = new limits.RateLimit(options.rate);
  return async (request, response) => {
    const { host, origin, authorization } = request.headers;
    for (const result of [validateHostHeader(host, hosts), validateOriginHeader(origin, origins)]) {
      if (!result.ok) return refuse(response, 403, "TF1740", result.message);
    }
    const address = request.socket.remoteAddress ?? "";
    let caller: Caller;
    try {
      caller = await options.authenticate(authorization, address);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { status, message } = error;
      options.log("warn", "refused", { address, status, why: message });
      if (status === 401) response.setHeader("WWW-Authenticate", 'Bearer realm="taskflow"');
      if (status === 429) response.setHeader("Retry-After", 60);
      return refuse(response, status, codeOf[status], message);
    }
    const wait = rate.take(caller.name);
    if (wait > 0) {
      response.setHeader("Retry-After", wait);
      return refuse(response, 429, "TF1735", `more than ${options.rate} requests a minute`);
    }
    if (Number(request.headers["content-length"]) > limits.maxBody) {
      return refuse(response, 413, "TF1736", `a body may have ${limits.maxBody} bytes`);
    }
    return caller;
  };
}

function refuse(response: ServerResponse, status: number, code: Code, what: string): undefined {
  // What the request still sends is not read.
  response.setHeader("Connection", "close");
  response.writeHead(status, { "content-type": "application/json" });
  const error = { code: -32_000, message: `${code} ${codes[code].title}: ${what}` };
  response.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(`${text}\n`);
}

async function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  }).catch((error: unknown) => {
    throw new TaskFlowError("TF1732", {
      what: `${host}:${port}: ${(error as Error).message}`,
      values: { freePort: "0" },
      cause: error,
    });
  });
}
