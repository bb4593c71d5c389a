/** The way to the cluster: the pod's own service account, or a kubeconfig with a named context. */
import { existsSync } from "node:fs";
import { KubeConfig } from "@kubernetes/client-node";
import { TaskFlowError } from "../codes/index.ts";

export interface AccessOptions {
  kubeconfig?: string | undefined;
  context?: string | undefined;
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** @throws TaskFlowError TF1737. */
export function access({ kubeconfig, context }: AccessOptions, env = process.env): KubeConfig {
  const config = new KubeConfig();
  const file = kubeconfig ?? (context ? env.KUBECONFIG : undefined);
  if (!file) {
    if (!env.KUBERNETES_SERVICE_HOST || !existsSync(serviceAccount)) {
      throw new TaskFlowError("TF1737", {
        what: "no --kubeconfig and --context, and this is no pod with a service account",
      });
    }
    config.loadFromCluster();
    return config;
  }
  const problem = (what: string, cause?: unknown) =>
    new TaskFlowError("TF1737", { what, values: context ? { context } : {}, cause });
  // The file's current context may have been changed by anybody, so it is never taken as what was meant.
  if (!context) throw problem(`${file} is given, but not which of its contexts: --context`);
  try {
    config.loadFromFile(file);
  } catch (error) {
    throw problem(`${file} cannot be read: ${error instanceof Error ? error.message : error}`, error);
  }
  if (!config.getContextObject(context)) throw problem(`${file} has no context "${context}"`);
  config.setCurrentContext(context);
  return config;
}
