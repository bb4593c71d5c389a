/**
 * An API server that keeps objects, for the tests of plans: does what the real one does about resourceVersion,
 * generation, JSON Patch with `test`, dryRun and preconditions, and writes down every write. Apart from
 * test/support/apiServer.ts because here an answer follows from what was written before, and there from a table.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { type Api, clients } from "../../../../aiops/kagent/checks/api.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects of every kind, as JSON
export type Json = any;

export interface Write {
  method: string;
  path: string;
  query: Record<string, string>;
  contentType: string;
  body: Json;
}

/** What to do with a request instead of answering it: a status to give, or the connection cut before or after the work. */
export type Mischief = { status: number; message?: string } | "cut before" | "cut after" | undefined;

export class FakeApi {
  readonly objects = new Map<string, Json>();
  /** Writes that took effect. */
  readonly writes: Write[] = [];
  readonly dryRuns: Write[] = [];
  /** Each request as `GET /api/...`. */
  readonly asked: string[] = [];
  mischief: (request: { method: string; path: string; dryRun: boolean }) => Mischief = () => undefined;
  /** Called after a write took effect, as controllers would see it. */
  afterWrite: (write: Write) => void = () => {};
  #server: Server;
  #version = 100;
  config = new KubeConfig();

  constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  async start(): Promise<Api> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const server = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.config.loadFromOptions({
      clusters: [{ name: "c", server, skipTLSVerify: true }],
      contexts: [{ name: "test", cluster: "c", user: "u" }],
      users: [{ name: "u", token: "t" }],
      currentContext: "test",
    });
    return clients(this.config);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Puts an object there, without a record of it. */
  put(path: string, object: Json): Json {
    const before = this.objects.get(path);
    const stored = structuredClone(object);
    stored.metadata = {
      uid: before?.metadata.uid ?? `uid-${++this.#version}`,
      ...stored.metadata,
      resourceVersion: String(++this.#version),
    };
    this.objects.set(path, stored);
    return stored;
  }

  /** Changes an object behind the plans' back. */
  edit(path: string, change: (object: Json) => void, { spec = true } = {}): void {
    const object = structuredClone(this.objects.get(path));
    change(object);
    if (spec && path.includes("/deployments/")) object.metadata.generation += 1;
    this.put(path, object);
  }

  get(path: string): Json {
    return structuredClone(this.objects.get(path));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://x");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const method = request.method ?? "";
    const path = url.pathname;
    const dryRun = url.searchParams.get("dryRun") === "All";
    this.asked.push(`${method} ${path}`);
    const planned = this.mischief({ method, path, dryRun });
    if (planned === "cut before") return void request.socket.destroy();
    const [status, body] =
      typeof planned === "object"
        ? [planned.status, failure(planned.status, planned.message ?? "refused")]
        : this.#answer(method, path, dryRun, {
            method,
            path,
            query: Object.fromEntries(url.searchParams),
            contentType: request.headers["content-type"] ?? "",
            body: text === "" ? undefined : JSON.parse(text),
          });
    if (planned === "cut after") return void request.socket.destroy();
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  }

  #answer(method: string, path: string, dryRun: boolean, write: Write): [number, Json] {
    const object = this.objects.get(path);
    if (method === "GET") {
      if (object) return [200, object];
      const items = [...this.objects].filter(([key]) => key.slice(0, key.lastIndexOf("/")) === path);
      const isList = /\/[a-z]+$/.test(path) && !this.#looksLikeName(path);
      return isList
        ? [200, { items: items.map(([, item]) => item), metadata: {} }]
        : [404, failure(404, "not found")];
    }
    const done = (after: Json | undefined, at: string): [number, Json] => {
      if (dryRun) {
        this.dryRuns.push(write);
        return [200, after ?? { kind: "Status", status: "Success" }];
      }
      const kept = after === undefined ? undefined : this.put(at, after);
      if (after === undefined) this.objects.delete(at);
      this.writes.push(write);
      this.afterWrite(write);
      return [200, kept ?? { kind: "Status", status: "Success" }];
    };
    if (method === "POST") {
      const at = `${path}/${write.body.metadata.name}`;
      if (this.objects.has(at)) return [409, failure(409, "already exists")];
      return done(write.body, at);
    }
    if (!object) return [404, failure(404, "not found")];
    if (method === "DELETE") {
      const { uid, resourceVersion } = write.body?.preconditions ?? {};
      const fits = (wanted: string | undefined, is: string) => wanted === undefined || wanted === is;
      if (!fits(uid, object.metadata.uid) || !fits(resourceVersion, object.metadata.resourceVersion)) {
        return [409, failure(409, "precondition failed")];
      }
      return done(undefined, path);
    }
    if (write.contentType !== "application/json-patch+json") return [415, failure(415, write.contentType)];
    const after = structuredClone(object);
    try {
      patch(after, write.body);
    } catch (error) {
      return [422, failure(422, (error as Error).message)];
    }
    if (path.includes("/deployments/")) {
      if (!(after.spec.replicas >= 0)) return [422, failure(422, "spec.replicas: Invalid value")];
      after.spec.template.spec.restartPolicy ??= "Always";
      if (JSON.stringify(after.spec) !== JSON.stringify(object.spec)) after.metadata.generation += 1;
    }
    return done(after, path);
  }

  /** `/apis/apps/v1/namespaces/x/deployments/backend` has a name at its end, `.../deployments` has none. */
  #looksLikeName(path: string): boolean {
    const parts = path.split("/").filter(Boolean);
    const after = parts.indexOf("namespaces");
    return after !== -1 && parts.length - after > 3;
  }
}

const failure = (code: number, message: string): Json => ({
  kind: "Status",
  status: "Failure",
  code,
  message,
});

/** RFC 6902, as much of it as plans use. */
function patch(root: Json, steps: Json[]): void {
  for (const { op, path, value } of steps) {
    const keys = path
      .split("/")
      .slice(1)
      .map((key: string) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop();
    let parent = root;
    for (const key of keys) {
      parent = parent[key];
      if (parent === undefined) throw new Error(`${path}: no such path`);
    }
    if (op === "test") {
      if (sorted(parent[last]) !== sorted(value)) throw new Error(`testing value ${path} failed`);
    } else if (op === "remove") {
      if (!(last in parent)) throw new Error(`${path}: nothing to remove`);
      delete parent[last];
    } else {
      if (op === "replace" && !(last in parent)) throw new Error(`${path}: nothing to replace`);
      parent[last] = structuredClone(value);
    }
  }
}

export const sorted = (value: Json): string =>
  JSON.stringify(value, (_key, inner) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
