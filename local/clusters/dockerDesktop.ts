/** Docker Desktop's own Kubernetes, whose node shares the daemon's images. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { docker, imageId } from "../docker.ts";
import { containerRuntime } from "./api.ts";
import { existingCluster, type Guard } from "./existing.ts";
import { kubeconfigFile, userContext } from "./kubeconfig.ts";
import type { Cluster, ClusterOptions, LocalImage } from "./types.ts";

const context = "docker-desktop";

export function dockerDesktopCluster(options: ClusterOptions, guard: Guard): Cluster {
  /** @throws TaskFlowError TF1204 where the node has a store of its own (Docker Desktop's kind mode). */
  async function requireSharedStore(image: LocalImage): Promise<void> {
    const runtime = await containerRuntime({ kubeconfig: kubeconfigFile(context), context });
    if (runtime.startsWith("docker://")) return;
    throw new TaskFlowError("TF1204", {
      what: `Docker Desktop's node runs ${runtime || "an unknown runtime"} and does not share Docker's images, so ${image.ref} can't get there`,
      fix: [
        "# Docker Desktop: Settings, Kubernetes, cluster type kubeadm",
        "npm run up -- --cluster embedded",
      ],
    });
  }

  /** The node has whatever the daemon has. */
  const has = async (image: LocalImage) => (await imageId(image.ref)) === image.id;

  return {
    kind: "docker-desktop",
    name: context,
    ...existingCluster(context, guard, () => userContext(context)),

    async nodeAddress() {
      return {
        // Docker Desktop forwards every NodePort to this machine's loopback.
        frontendUrl: `http://localhost:${options.nodePort}`,
        hostFromPods: "host.docker.internal",
        podSourceCidrs: ["127.0.0.1/32", "::1/128"],
      };
    },

    hasImage: has,

    async loadImage(image) {
      await requireSharedStore(image);
      if (await has(image)) return;
      throw new TaskFlowError("TF1203", { what: `Docker has no image ${image.ref} with ID ${image.id}` });
    },

    // The store is the daemon's own; what the CLI removes there is gone here too.
    async removeImage() {},

    async listImages(repository) {
      const listed = await docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository]);
      return listed.stdout.split("\n").filter((ref) => ref !== "" && !ref.endsWith(":<none>"));
    },
  };
}
