/** An existing k3d cluster: its nodes are containers of the local Docker daemon. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, run } from "../run.ts";
import { withArchive } from "./archive.ts";
import { containerAddress, crictlImages, crictlRemove } from "./containers.ts";
import { existingCluster, type Guard } from "./existing.ts";
import { withCurrentContext } from "./kubeconfig.ts";
import { allHave, refsOf, requireAll } from "./nodeImages.ts";
import type { Cluster, ClusterOptions } from "./types.ts";

interface Listed {
  name: string;
  nodes: { name: string; role: string }[];
}

async function list(args: string[]): Promise<Listed[]> {
  const listed = await run("k3d", ["cluster", "list", ...args, "--output", "json"]);
  return listed.failed ? [] : (JSON.parse(listed.stdout) as Listed[]);
}

/** Names of the clusters that k3d has here; none where k3d is not installed. */
export async function k3dClusters(): Promise<string[]> {
  return (await list([])).map(({ name }) => name);
}

/** @param name of the cluster in k3d's words; its context is `k3d-<name>`. */
export function k3dCluster(name: string, options: ClusterOptions, guard: Guard): Cluster {
  const context = `k3d-${name}`;

  async function kubeconfig(): Promise<string> {
    const shown = await run("k3d", ["kubeconfig", "get", name]);
    if (shown.failed) {
      throw new TaskFlowError("TF1308", {
        what: `k3d has no cluster ${name}`,
        detail: lastLines(shown.all, 3),
      });
    }
    return withCurrentContext(shown.stdout, context);
  }

  async function containers(roles: readonly string[]): Promise<string[]> {
    const nodes = (await list([name]))[0]?.nodes ?? [];
    return nodes.filter(({ role }) => roles.includes(role)).map((node) => node.name);
  }
  /** Those that run pods; there are a load balancer and helpers beside them. */
  const nodes = () => containers(["server", "agent"]);

  return {
    kind: "k3d",
    name,
    ...existingCluster(context, guard, kubeconfig),

    async nodeAddress() {
      const [server = `${context}-server-0`] = await containers(["server"]);
      const address = await containerAddress(server, options.nodePort, "host.k3d.internal");
      if (address.frontendUrl) return address;
      // Ports are published on the load balancer as a rule.
      const [balancer] = await containers(["loadbalancer"]);
      if (!balancer) return address;
      const { frontendUrl } = await containerAddress(balancer, options.nodePort, "host.k3d.internal");
      return { ...address, frontendUrl };
    },

    async hasImage(image) {
      return allHave(await crictlImages(await nodes()), image);
    },

    async loadImage(image, report) {
      const all = await nodes();
      if (await allHave(await crictlImages(all), image)) return;
      report(`importing ${image.ref} into k3d cluster ${name}`);
      // The direct mode needs no helper image from a registry.
      const imported = await withArchive(image.ref, (file) =>
        run("k3d", ["image", "import", file, "--cluster", name, "--mode", "direct"], { report }),
      );
      if (imported.failed) {
        throw new TaskFlowError("TF1204", {
          what: `k3d image import of ${image.ref} ended with exit code ${imported.exitCode}`,
          detail: lastLines(imported.all),
        });
      }
      await requireAll(await crictlImages(all), image);
    },

    async removeImage(ref) {
      await crictlRemove(await nodes(), ref);
    },

    async listImages(repository) {
      return refsOf(await crictlImages(await nodes()), repository);
    },
  };
}
