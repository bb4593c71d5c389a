/**
 * Reads and changes objects through the typed clients, but keeps the JSON as the API server wrote it: the client's
 * models drop fields that they do not know, and an undo must bring those back too.
 */
import type { RequestContext, ResponseContext } from "@kubernetes/client-node";
import { ApiException, Observable } from "@kubernetes/client-node";
import { type Api, bounded, reasonOf, statusOf } from "../checks/api.ts";
import { cleanLine } from "../checks/text.ts";
import { TaskFlowError } from "../codes/index.ts";
import type { Change, Kind } from "./types.ts";

/** An object as JSON. */
export interface Raw {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: Record<string, unknown>;
  [field: string]: unknown;
}

/** Who the API server notes as the one who set a field. */
export const fieldManager = "taskflow-kagent";

const readTimeout = 5_000;
const writeTimeout = 15_000;

/** @throws TF1716 where there is no such object, TF1718 where the API server refuses. */
export async function readObject(
  api: Api,
  kind: Kind | "ReplicaSet",
  namespace: string,
  name: string,
  signal?: AbortSignal,
): Promise<Raw> {
  const at = { namespace, name };
  return asCoded(`${kind} ${name}`, namespace, () =>
    raw(readTimeout, signal, (options) => {
      if (kind === "Deployment") return api.apps.readNamespacedDeployment(at, options);
      if (kind === "ReplicaSet") return api.apps.readNamespacedReplicaSet(at, options);
      if (kind === "Service") return api.core.readNamespacedService(at, options);
      return api.networking.readNamespacedNetworkPolicy(at, options);
    }),
  );
}

/**
 * Sends a change; with `dryRun` the API server does all but store it. Of several policies to create all are made or
 * none, as far as the API server answers.
 * @returns the objects as they are (or would be) afterwards; none after a deletion.
 * @throws what the client throws.
 */
export async function send(
  api: Api,
  namespace: string,
  change: Change,
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<Raw[]> {
  const common = { namespace, fieldManager, ...(dryRun ? { dryRun: "All" } : {}) };
  if (change.verb === "delete") {
    await remove(api, namespace, change.policies, dryRun, signal);
    return [];
  }
  if (change.verb === "create") {
    const made: Raw[] = [];
    for (const policy of change.policies) {
      const call = (options: Options) =>
        api.networking.createNamespacedNetworkPolicy({ ...common, body: policy }, options);
      try {
        made.push(await raw(writeTimeout, signal, call, JSON.stringify(policy)));
      } catch (error) {
        // Without an answer it may have been made, and is looked for (carryOut.ts) before anything is taken back.
        if (!dryRun && isNo(error)) await takeBack(api, namespace, made, signal);
        throw error;
      }
    }
    return made;
  }
  const { name, body, kind } = change;
  // The client sends a body of operations as application/json-patch+json, the first type that it knows.
  const call = (options: Options) =>
    kind === "Deployment"
      ? api.apps.patchNamespacedDeployment({ ...common, name, body }, options)
      : api.core.patchNamespacedService({ ...common, name, body }, options);
  // Sent as it stands in the plan: the client's models have other names for some fields and drop what they don't know.
  return [await raw(writeTimeout, signal, call, JSON.stringify(body))];
}

type Options = ReturnType<typeof bounded>;

/** Did the API server surely not take the change? With 500 and 504 it says that its own store did not answer. */
export function isNo(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status !== 500 && status !== 504;
}

/** @throws Error, so that nobody takes the API server's no to the second policy for one to both. */
async function takeBack(
  api: Api,
  namespace: string,
  made: readonly Raw[],
  signal?: AbortSignal,
): Promise<void> {
  const policies = made.map(({ metadata, spec }) => ({ name: metadata.name, spec }));
  await remove(api, namespace, policies, false, signal).catch((cause: unknown) => {
    throw new Error("one policy of two was made and could not be taken back", { cause });
  });
}

/**
 * Deletes exactly the policies that were read, if all of them still say what they should. One of several that is gone is
 * gone already.
 * @throws TaskFlowError TF1720 where one is another now, TF1716 where none is there.
 */
async function remove(
  api: Api,
  namespace: string,
  policies: readonly { name: string; spec: unknown }[],
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const found: Raw[] = [];
  let missing: unknown;
  for (const { name, spec } of policies) {
    try {
      const object = await readObject(api, "NetworkPolicy", namespace, name, signal);
      if (!same(object.spec, spec)) {
        throw new TaskFlowError("TF1720", { what: `NetworkPolicy ${name} is no longer as the plan made it` });
      }
      found.push(object);
    } catch (error) {
      if (!(error instanceof TaskFlowError && error.code === "TF1716")) throw error;
      missing = error;
    }
  }
  if (found.length === 0 && missing) throw missing;
  for (const { metadata } of found) {
    const { name, uid, resourceVersion } = metadata;
    const body = { preconditions: { uid, resourceVersion } };
    const at = { namespace, name, ...(dryRun ? { dryRun: "All" } : {}) };
    await raw(writeTimeout, signal, (options) =>
      api.networking.deleteNamespacedNetworkPolicy({ ...at, body }, options),
    );
  }
}

/** A body that was read already, for the client to read again. */
class ReadBody {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  async text(): Promise<string> {
    return this.#text;
  }
  async binary(): Promise<Buffer> {
    return Buffer.from(this.#text);
  }
  stream(): ReadableStream<Uint8Array> | null {
    return new Response(this.#text).body;
  }
}

/** Runs one call of a typed client, with `exact` as its body, and gives its answer as the JSON that came. */
async function raw(
  timeout: number,
  signal: AbortSignal | undefined,
  call: (options: Options) => Promise<unknown>,
  exact?: string,
): Promise<Raw> {
  let text = "";
  const options = bounded(timeout, signal);
  const keep = {
    pre: (request: RequestContext) => {
      if (exact !== undefined) request.setBody(exact);
      return new Observable(Promise.resolve(request));
    },
    post: (response: ResponseContext) =>
      new Observable(
        response.body.text().then((body) => {
          text = body;
          response.body = new ReadBody(body);
          return response;
        }),
      ),
  };
  await call({ ...options, middleware: [...(options.middleware ?? []), keep] } as Options);
  return JSON.parse(text) as Raw;
}

/** Turns the client's errors about one object into coded ones. */
export async function asCoded<T>(object: string, namespace: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof TaskFlowError) throw error;
    if (statusOf(error) === 404) {
      throw new TaskFlowError("TF1716", {
        what: `namespace ${namespace} has no ${object}`,
        values: { namespace },
      });
    }
    throw refused(object, namespace, error);
  }
}

/** The API server said no, or nothing. */
export function refused(object: string, namespace: string, error: unknown): TaskFlowError {
  return new TaskFlowError("TF1718", {
    what: `${object} in namespace ${namespace}: ${reasonOf(error)}`,
    detail: apiMessage(error),
    values: { namespace },
    cause: error,
  });
}

/** The API server's own words, cleaned; none where it gave none. */
function apiMessage(error: unknown): string[] {
  if (!(error instanceof ApiException)) return [];
  let message: unknown = error.body;
  if (typeof message === "string") {
    try {
      message = JSON.parse(message);
    } catch {
      // Not a Status object: shown as it is.
    }
  }
  if (message !== null && typeof message === "object" && "message" in message) message = message.message;
  return typeof message === "string" && message !== "" ? [cleanLine(message)] : [];
}

/** Are two JSON values equal, whatever the order of their keys? */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => key in right && same(left[key], right[key]))
  );
}
