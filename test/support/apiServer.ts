/**
 * A Kubernetes API server of answers that a test puts there, for the real client: it records what is asked, and has a
 * kubeconfig that leads to it. It keeps no objects: what is written to it changes no later answer
 * (test/unit/aiops/plans/fakeApi.ts does that).
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import type { ClusterAccess } from "../../aiops/kagent/checks/api.ts";

export const core = "/api/v1/namespaces/todo-app";
export const apps = "/apis/apps/v1/namespaces/todo-app";
export const networking = "/apis/networking.k8s.io/v1/namespaces/todo-app";
export const slices = "/apis/discovery.k8s.io/v1/namespaces/todo-app/endpointslices";
export const metrics = "/apis/metrics.k8s.io/v1beta1/namespaces/todo-app/pods";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export type Answer =
  | {
      /** 200 */
      status?: number;
      /** As JSON; by default an empty list, or a Status where the status is an error. */
      body?: unknown;
      /** Plain text in place of a body. */
      text?: string | Buffer;
    }
  | Handler;

/** @param next token of the list's next page; that one is answered by `<path>?continue`. */
export const list = (items: readonly unknown[] = [], next = ""): Answer => ({
  body: { items, metadata: { continue: next } },
});

/** A log of 100 MB from a server that knows no limits, and how much of it was sent. */
export function flood(): { answer: Answer; sent: () => number } {
  const lines = `${"x".repeat(399)}\n`.repeat(250);
  let sent = 0;
  const answer: Answer = (_request, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    const more = () => {
      while (sent < 100_000_000 && !response.destroyed) {
        sent += lines.length;
        if (!response.write(lines)) return response.once("drain", more);
      }
      return response.end();
    };
    more();
  };
  return { answer, sent: () => sent };
}

export interface ApiRequest {
  method: string;
  path: string;
  search: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface ApiServer {
  /** A kubeconfig with the one context `test`, and that context. */
  access: ClusterAccess;
  /** The same, loaded. */
  config: KubeConfig;
  url: string;
  /** `GET /api/v1/…?limit=500`, in order. */
  asked: string[];
  /** The same with all else that came. */
  requests: ApiRequest[];
  /** By path, without the query; any other path gives an empty list, or an empty log. */
  answers: Record<string, Answer>;
  /** From now on requests hang; `onRequest` is told of each. */
  neverAnswer(onRequest: () => void): void;
  /** Refuses connections until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** What must turn up in no log and no answer. */
const token = "cluster-token-of-the-test";

export async function apiServer(): Promise<ApiServer> {
  const asked: string[] = [];
  const requests: ApiRequest[] = [];
  const answers: Record<string, Answer> = {};
  let hang: (() => void) | undefined;
  const server = createServer(async (request, response) => {
    const { pathname: path, search: query, searchParams: search } = new URL(request.url ?? "", "http://x");
    const { method = "", headers } = request;
    asked.push(`${method} ${path}${query}`);
    if (hang) return hang();
    requests.push({ method, path, search, headers, body: await bodyOf(request) });
    const answer = answers[search.has("continue") ? `${path}?continue` : path] ?? usual(path);
    if (typeof answer === "function") return answer(request, response);
    const {
      status = 200,
      text,
      body = status < 400 ? { items: [], metadata: {} } : failure(status),
    } = answer;
    response.writeHead(status, { "content-type": text === undefined ? "application/json" : "text/plain" });
    response.end(text ?? JSON.stringify(body));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const down = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), "taskflow-api-"));
  const access = { kubeconfig: join(folder, "kubeconfig"), context: "test" };
  await writeFile(access.kubeconfig, kubeconfigOf(url));
  const config = new KubeConfig();
  config.loadFromFile(access.kubeconfig);
  return {
    access,
    config,
    url,
    asked,
    requests,
    answers,
    neverAnswer: (onRequest) => {
      hang = onRequest;
    },
    down,
    up: () => listen(port),
    close: async () => {
      await down();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const usual = (path: string): Answer => (path.endsWith("/log") ? { text: "" } : list());

const failure = (code: number) => ({ kind: "Status", apiVersion: "v1", status: "Failure", code });

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "c", user: "u" } }],
    "current-context": "test",
  });
}
