/**
 * Clusters that somebody else made and owns: TaskFlow uses them, and never starts, stops or removes one. What it makes
 * is its own copy of the kubeconfig.
 */
import { access } from "node:fs/promises";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { apiServes, requireReady } from "./api.ts";
import { isLocal, kubeconfigFile, removeKubeconfig, serverOf, writeKubeconfig } from "./kubeconfig.ts";
import type { Cluster, KubeAccess } from "./types.ts";

export interface Guard {
  /** Contexts that may be deployed to although they are not on this machine. */
  allowContexts: readonly string[];
  /** The stack's file, for the command that allows one. */
  stack: string;
  /** prod deploys wherever it is told to. */
  environment: "dev" | "prod";
}

type Lifecycle = Pick<Cluster, "ensure" | "running" | "kubeconfig" | "stop" | "destroy">;

/**
 * What all such clusters have in common.
 * @param read gives a kubeconfig with this one context; called at `ensure`.
 */
export function existingCluster(context: string, guard: Guard, read: () => Promise<string>): Lifecycle {
  const own: KubeAccess = { kubeconfig: kubeconfigFile(context), context };
  const present = () =>
    access(own.kubeconfig).then(
      () => true,
      () => false,
    );
  return {
    async ensure() {
      const text = await read();
      requireAllowed(context, serverOf(text), guard);
      await writeKubeconfig(own.kubeconfig, text);
      await requireReady(own);
    },
    async running() {
      return (await present()) && (await apiServes(own));
    },
    async kubeconfig() {
      return own;
    },
    async stop() {},
    async destroy() {
      await removeKubeconfig(own.kubeconfig);
    },
  };
}

/** @throws TaskFlowError TF1303 for a context that is neither local nor allowed. */
export function requireAllowed(context: string, server: string, guard: Guard): void {
  if (guard.environment === "prod" || guard.allowContexts.includes(context) || isLocal(server)) return;
  throw new TaskFlowError("TF1303", {
    what: `context ${context} leads to ${server}, which is not on this machine`,
    values: { stack: guard.stack, context },
  });
}
