/** A Kubernetes API server of canned answers, with a kubeconfig that leads to it; it records what is asked. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Canned {
  status?: number;
  body?: unknown;
  text?: string;
}

export interface ApiServer {
  access: { kubeconfig: string; context: string };
  /** `GET /api/v1/…?limit=500`, in order. */
  asked: string[];
  /** By path, without the query; any other path gives an empty list. */
  answers: Record<string, Canned>;
  /** Refuses connections until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

export const canned = (items: readonly unknown[]): Canned => ({ body: { items, metadata: {} } });

export async function apiServer(): Promise<ApiServer> {
  const asked: string[] = [];
  const answers: Record<string, Canned> = {};
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    const { status = 200, body = { items: [], metadata: {} }, text } = answers[url.pathname] ?? {};
    response.writeHead(status, { "content-type": text === undefined ? "application/json" : "text/plain" });
    response.end(text ?? JSON.stringify(body));
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => {
      server.listen(port, "127.0.0.1", resolve);
    });
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), "taskflow-api-"));
  const kubeconfig = join(folder, "kubeconfig");
  const cluster = {
    name: "c",
    cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true },
  };
  const context = { name: "test", context: { cluster: "c", user: "u" } };
  const config = { clusters: [cluster], contexts: [context], users: [{ name: "u", user: { token: "t" } }] };
  await writeFile(kubeconfig, JSON.stringify({ apiVersion: "v1", kind: "Config", ...config }));
  return {
    access: { kubeconfig, context: "test" },
    asked,
    answers,
    down: stop,
    up: () => listen(port),
    close: async () => {
      if (server.listening) await stop();
      await rm(folder, { recursive: true });
    },
  };
}
