/** Nodes that are containers of the local Docker daemon: minikube's docker driver, kind, k3d. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { docker, dockerInfo, dockerOrFail } from "../docker.ts";
import { lastLines } from "../run.ts";
import { networkOf } from "./embedded/container.ts";
import type { NodeImage } from "./nodeImages.ts";
import type { NodeAddress } from "./types.ts";

interface Inspected {
  NetworkSettings: {
    Networks: Record<string, { Gateway: string; IPAddress: string; IPPrefixLen: number }>;
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
  };
}

/**
 * How such a node and this machine find each other.
 * @param container the node's.
 * @param nameInPods what the cluster's DNS calls this machine, for a Docker that runs in a virtual machine.
 */
export async function containerAddress(
  container: string,
  nodePort: number,
  nameInPods: string,
): Promise<NodeAddress> {
  const shown = await dockerOrFail(["container", "inspect", container], {
    what: `looking at node ${container}`,
  });
  const [{ NetworkSettings: settings }] = JSON.parse(shown.stdout) as [Inspected];
  const published = settings.Ports?.[`${nodePort}/tcp`]?.[0];
  const frontendUrl = published && `http://localhost:${published.HostPort}`;
  if ((await dockerInfo()).dockerDesktop) {
    // Its connections come from this machine's loopback.
    return { frontendUrl, hostFromPods: nameInPods, podSourceCidrs: ["127.0.0.1/32", "::1/128"] };
  }
  const network = Object.values(settings.Networks)[0];
  return {
    frontendUrl,
    hostFromPods: network?.Gateway || undefined,
    // Pods leave the node under the node's address.
    podSourceCidrs: network?.IPAddress ? [networkOf(network.IPAddress, network.IPPrefixLen)] : [],
  };
}

/** The images of each node. */
export async function crictlImages(nodes: readonly string[]): Promise<NodeImage[][]> {
  return Promise.all(
    nodes.map(async (node) => {
      const args = ["exec", node, "crictl", "images", "--output", "json"];
      const listed = await dockerOrFail(args, { what: `listing the images of node ${node}` });
      return (JSON.parse(listed.stdout) as { images: NodeImage[] }).images;
    }),
  );
}

/** Removes a ref from each node; absent is fine. @throws TaskFlowError TF1104 */
export async function crictlRemove(nodes: readonly string[], ref: string): Promise<void> {
  for (const node of nodes) {
    const removed = await docker(["exec", node, "crictl", "rmi", ref]);
    if (removed.failed && !/no such image|not found/i.test(removed.all)) {
      throw new TaskFlowError("TF1104", {
        what: `removing ${ref} from node ${node}`,
        detail: lastLines(removed.all, 3),
      });
    }
  }
}
