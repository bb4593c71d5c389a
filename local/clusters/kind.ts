/** An existing kind cluster: its nodes are containers of the local Docker daemon. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, run } from "../run.ts";
import { withArchive } from "./archive.ts";
import { containerAddress, crictlImages, crictlRemove } from "./containers.ts";
import { existingCluster, type Guard } from "./existing.ts";
import { withCurrentContext } from "./kubeconfig.ts";
import { allHave, refsOf, requireAll } from "./nodeImages.ts";
import type { Cluster, ClusterOptions } from "./types.ts";

/** Names of the clusters that kind has here; none where kind is not installed. */
export async function kindClusters(): Promise<string[]> {
  const listed = await run("kind", ["get", "clusters"]);
  return listed.failed ? [] : listed.stdout.split("\n").filter(Boolean);
}

/** @param name of the cluster in kind's words; its context is `kind-<name>`. */
export function kindCluster(name: string, options: ClusterOptions, guard: Guard): Cluster {
  const context = `kind-${name}`;

  async function kubeconfig(): Promise<string> {
    // From the node itself: right even where the user's file has lost it.
    const shown = await run("kind", ["get", "kubeconfig", "--name", name]);
    if (shown.failed) {
      throw new TaskFlowError("TF1308", {
        what: `kind has no cluster ${name}`,
        detail: lastLines(shown.all, 3),
      });
    }
    return withCurrentContext(shown.stdout, context);
  }

  async function nodes(): Promise<string[]> {
    const listed = await run("kind", ["get", "nodes", "--name", name]);
    // The load balancer of a cluster with several control planes runs no pods.
    return listed.stdout
      .split("\n")
      .filter((node) => node !== "" && !node.endsWith("-external-load-balancer"));
  }

  return {
    kind: "kind",
    name,
    ...existingCluster(context, guard, kubeconfig),

    async nodeAddress() {
      const all = await nodes();
      const node = all.find((one) => one.includes("-control-plane")) ?? all[0] ?? `${name}-control-plane`;
      return containerAddress(node, options.nodePort, "host.docker.internal");
    },

    async hasImage(image) {
      return allHave(await crictlImages(await nodes()), image);
    },

    async loadImage(image, report) {
      const all = await nodes();
      if (await allHave(await crictlImages(all), image)) return;
      report(`loading ${image.ref} into kind cluster ${name}`);
      // `kind load docker-image` trips over Docker's containerd store; the archive of one platform does not.
      const loaded = await withArchive(image.ref, (file) =>
        run("kind", ["load", "image-archive", file, "--name", name], { report }),
      );
      if (loaded.failed) {
        throw new TaskFlowError("TF1204", {
          what: `kind load image-archive of ${image.ref} ended with exit code ${loaded.exitCode}`,
          detail: lastLines(loaded.all),
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
