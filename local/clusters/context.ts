/** Any context of the user's kubeconfig, by name. TaskFlow can't put images on its nodes: they come from a registry. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { existingCluster, type Guard } from "./existing.ts";
import { userContext } from "./kubeconfig.ts";
import type { Cluster } from "./types.ts";

export function contextCluster(context: string, guard: Guard): Cluster {
  const noLoader = async (): Promise<never> => {
    throw new TaskFlowError("TF1207", {
      what: `the nodes of context ${context} can't be reached from here`,
      values: { stack: guard.stack },
    });
  };
  return {
    kind: "context",
    name: context,
    ...existingCluster(context, guard, () => userContext(context)),
    // Nothing is known of its network: a port-forward leads to the frontend, and a database needs an address of its own.
    nodeAddress: async () => ({ frontendUrl: undefined, hostFromPods: undefined, podSourceCidrs: [] }),
    hasImage: noLoader,
    loadImage: noLoader,
    removeImage: noLoader,
    listImages: noLoader,
  };
}
