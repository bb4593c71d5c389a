/** The cluster of a stack as it is now, for the verbs that only look; starts nothing. */
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import { chooseCluster } from "../local/clusters/index.ts";
import type { Cluster, KubeAccess } from "../local/clusters/types.ts";
import { type RunOptions, type RunResult, run } from "../local/run.ts";
import { tool } from "../local/toolchain/index.ts";
import type { StackOptions } from "./options.ts";
import { readStack, type Stack } from "./stackFile.ts";

export interface Deployed {
  stack: Stack;
  cluster: Cluster;
  access: KubeAccess;
  /** kubectl with this cluster's kubeconfig, context and the stack's namespace. */
  kubectl(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  kubectlArgs(args: readonly string[]): Promise<[string, string[]]>;
}

/** Throws TF1301 when the cluster does not run. */
export async function deployed(options: StackOptions): Promise<Deployed> {
  const stack = await readStack(options);
  const cluster = await chooseCluster(stack.config.cluster, stack.config);
  if (!(await cluster.running())) {
    throw new TaskFlowError("TF1301", { what: `${cluster.kind} cluster ${cluster.name} does not answer` });
  }
  const access = await cluster.kubeconfig();
  const kubectlArgs = async (args: readonly string[]): Promise<[string, string[]]> => [
    (await tool("kubectl")).path,
    [
      ...args,
      "--kubeconfig",
      access.kubeconfig,
      "--context",
      access.context,
      "--namespace",
      stack.config.namespace,
    ],
  ];
  return {
    stack,
    cluster,
    access,
    kubectlArgs,
    kubectl: async (args, runOptions) => run(...(await kubectlArgs(args)), runOptions),
  };
}
