/** kubectl and both Helms against a cluster that is a test's own. */
import type { Cluster } from "../../local/clusters/types.ts";
import { type RunResult, run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";

export type HelmVersion = "helm3" | "helm4";

export interface OwnCluster {
  /** What kubectl prints. Throws with both its streams where it fails. */
  kubectl(...args: string[]): Promise<string>;
  /** `kubectl apply`; what it says, warnings included. Throws where an object is refused. */
  apply(objects: readonly object[], ...args: string[]): Promise<string>;
  /** Helm, failed or not. */
  helm(version: HelmVersion, ...args: string[]): Promise<RunResult>;
}

export function ownCluster(cluster: Cluster): OwnCluster {
  async function kubectl(args: string[], input?: string): Promise<RunResult> {
    const { kubeconfig, context } = await cluster.kubeconfig();
    const { path } = await tool("kubectl");
    const place = ["--kubeconfig", kubeconfig, "--context", context];
    const result = await run(path, [...place, ...args], input === undefined ? {} : { input });
    if (result.failed) throw new Error(`kubectl ${args.join(" ")}: ${result.all}`);
    return result;
  }
  return {
    kubectl: async (...args) => (await kubectl(args)).stdout,
    async apply(items, ...args) {
      const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      return (await kubectl(["apply", ...args, "--filename", "-"], list)).all;
    },
    async helm(version, ...args) {
      const { kubeconfig, context } = await cluster.kubeconfig();
      const { path } = await tool(version);
      return run(path, [...args, "--kubeconfig", kubeconfig, "--kube-context", context]);
    },
  };
}

/** A namespace under the restricted Pod Security Standard: pods that breach it are refused, Deployments warned of. */
export function restrictedNamespace(name: string): object {
  const standard = "pod-security.kubernetes.io";
  const labels = { [`${standard}/enforce`]: "restricted", [`${standard}/warn`]: "restricted" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}
