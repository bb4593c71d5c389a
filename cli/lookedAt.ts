/** The namespace that `diagnose` and `ask` look at, in the cluster of a stack. */
import {
  type Api,
  aimed,
  bounded,
  type ClusterAccess,
  connect,
  reasonOf,
  statusOf,
} from "../aiops/kagent/checks/api.ts";
import type { Finding } from "../aiops/kagent/checks/types.ts";
import { codes, fillFix, TaskFlowError } from "../aiops/kagent/codes/index.ts";
import { type Deployed, deployed } from "./deployed.ts";
import type { StackOptions } from "./options.ts";

export interface LookedAt {
  api: Api;
  access: ClusterAccess;
  namespace: string;
  deployed: Deployed;
}

export interface NamespaceOptions extends StackOptions {
  namespace?: string;
}

/** @throws TF1301 when the cluster does not run. */
export async function lookedAt(options: NamespaceOptions): Promise<LookedAt> {
  const found = await deployed(options);
  return {
    api: connect(found.access),
    access: found.access,
    namespace: options.namespace ?? found.stack.config.namespace,
    deployed: found,
  };
}

/** Namespaces that an error names. */
const namesShown = 12;

/**
 * Looks at a namespace, and says what the API's failures mean to a person at a terminal.
 * @throws TF1549 (no such namespace), TF1307 (the API refuses), TF1301 (it does not answer), the signal's reason.
 */
export async function inNamespace<T>(
  { api, access, namespace }: Pick<LookedAt, "api" | "access" | "namespace">,
  look: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await look();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TaskFlowError) {
      throw error.code === "TF1549" ? await noNamespace(api, access, namespace, error, signal) : error;
    }
    const status = statusOf(error);
    if (status === 401 || status === 403) {
      throw new TaskFlowError("TF1307", {
        what: `reading ${namespace} through context ${access.context}: ${reasonOf(error)}`,
        fix: aimed(fillFix(codes.TF1307.fix, { namespace }), access),
        cause: error,
      });
    }
    throw new TaskFlowError("TF1301", {
      what: `the API of context ${access.context} gives no usable answer: ${reasonOf(error)}`,
      cause: error,
    });
  }
}

/** With the namespaces that are there, for a slip in the name. */
async function noNamespace(
  api: Api,
  access: ClusterAccess,
  name: string,
  cause: TaskFlowError,
  signal?: AbortSignal,
): Promise<TaskFlowError> {
  const list = await api.core.listNamespace({ limit: 100 }, bounded(5_000, signal)).catch(() => undefined);
  const others = (list?.items ?? []).map(({ metadata }) => metadata?.name ?? "");
  const shown = others.slice(0, namesShown).join(", ") + (others.length > namesShown ? ", …" : "");
  return new TaskFlowError(cause.code, {
    what: `context ${access.context} has no namespace "${name}"${shown ? `; it has ${shown}` : ""}`,
    fix: aimed(cause.fix, access),
    cause,
  });
}

/** Is there nothing of an app in the namespace? False where that cannot be told. */
export async function isEmpty(api: Api, namespace: string, signal?: AbortSignal): Promise<boolean> {
  const first = { namespace, limit: 1 };
  const lists = await Promise.all([
    api.apps.listNamespacedDeployment(first, bounded(5_000, signal)),
    api.core.listNamespacedPod(first, bounded(5_000, signal)),
  ]).catch(() => undefined);
  return lists?.every(({ items }) => items.length === 0) ?? false;
}

/** The findings with commands that reach this very cluster. */
export const aimedAt = (findings: readonly Finding[], access: ClusterAccess): Finding[] =>
  findings.map((found) => ({ ...found, fix: aimed(found.fix, access) }));
