/** An API server of a few lines for the real client: answers from a table, and remembers what was asked. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Answer {
  status?: number;
  body?: unknown;
  /** Instead of a body: plain text. */
  text?: string;
}

export interface ApiServer {
  kubeconfig: string;
  /** `GET /path?query` of each request. */
  asked: string[];
  /** Accept header of each request, by path. */
  accepts: Record<string, string | undefined>;
  /** By path, with `?continue` for a list's further pages; an empty list where there is no entry. */
  answers: Record<string, Answer>;
  /** From now on requests hang; `onRequest` is told of each. */
  neverAnswer: (onRequest: () => void) => void;
  close: () => Promise<void>;
}

export const core = "/api/v1/namespaces/todo-app";
export const apps = "/apis/apps/v1/namespaces/todo-app";
export const list = (items: unknown[], next = ""): Answer => ({
  body: { items, metadata: { continue: next } },
});

/** Its kubeconfig has one context, `test`. */
export async function startApi(): Promise<ApiServer> {
  const asked: string[] = [];
  const accepts: ApiServer["accepts"] = {};
  const answers: ApiServer["answers"] = {};
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    accepts[url.pathname] = request.headers.accept;
    const key = url.searchParams.has("continue") ? `${url.pathname}?continue` : url.pathname;
    const { status = 200, body = { items: [], metadata: {} }, text } = answers[key] ?? {};
    response.writeHead(status, { "content-type": text === undefined ? "application/json" : "text/plain" });
    response.end(text ?? JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = await mkdtemp(join(tmpdir(), "taskflow-api-"));
  const kubeconfig = join(folder, "kubeconfig");
  const cluster = { name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } };
  const context = { name: "test", context: { cluster: "c", user: "u" } };
  const config = { clusters: [cluster], contexts: [context], users: [{ name: "u", user: { token: "t" } }] };
  await writeFile(kubeconfig, JSON.stringify({ apiVersion: "v1", kind: "Config", ...config }));
  return {
    kubeconfig,
    asked,
    accepts,
    answers,
    neverAnswer: (onRequest) => {
      server.removeAllListeners("request");
      server.on("request", onRequest);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
