/**
 * The embedded cluster: Kubernetes in one container that Docker runs, from an image built on this machine. The
 * default, as it needs nothing but Docker. README.md beside this file tells how it works.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { TaskFlowError } from "../../../aiops/kagent/codes/index.ts";
import { docker, dockerInfo, dockerOrFail } from "../../docker.ts";
import { checkoutId } from "../../paths.ts";
import { lastLines, type Report } from "../../run.ts";
import type { Cluster, ClusterOptions, KubeAccess, LocalImage, NodeAddress } from "../types.ts";
import {
  apiPortOf,
  apiServes,
  hostKubeconfig,
  kubeconfigFile,
  readKubeconfig,
  removeKubeconfig,
  writeKubeconfig,
} from "./access.ts";
import {
  type ContainerState,
  containerName,
  execArgs,
  inspectContainer,
  removeContainer,
  removeVolume,
  runArgs,
  specHash,
} from "./container.ts";
import * as images from "./images.ts";
import { ensureNodeImage } from "./nodeImage.ts";
import { staleContainers } from "./pods.ts";
import { firstFree, isFree, portTaken } from "./ports.ts";

/** How long a start may take: 5 s as a rule, more on a machine that is busy or waits for its disk. */
const startTimeout = "180s";

/** Where the search for the API's port begins: apart for different checkouts, below the ports that systems hand out. */
const preferredApiPort = 20_000 + (Number.parseInt(checkoutId, 16) % 10_000);

/** The running container's state; TF1301 where there is none. */
async function runningContainer(): Promise<ContainerState> {
  const container = await inspectContainer();
  if (container?.running) return container;
  throw new TaskFlowError("TF1301", {
    what: container ? `the container ${containerName} is stopped` : `there is no container ${containerName}`,
  });
}

/** The port that the kubeconfig already names, so that it stays; otherwise a free one. */
async function chooseApiPort(): Promise<number> {
  const present = await readKubeconfig();
  const known = present === undefined ? undefined : apiPortOf(present);
  return known !== undefined && (await isFree(known)) ? known : firstFree(preferredApiPort);
}

/** Starts the container that `args` (of docker) mean; a port taken is told from other failures. */
async function start(args: readonly string[], hostPort: number): Promise<void> {
  if (!(await isFree(hostPort))) throw await portTaken(hostPort);
  const result = await docker(args);
  if (!result.failed) return;
  if (/port is already allocated|address already in use/i.test(result.all)) throw await portTaken(hostPort);
  await dockerOrFail(args, { what: "starting the node's container" });
}

/**
 * Finds the container running, starts it, or makes it anew where it was made from another spec.
 * @returns whether it ran already.
 */
async function ensureContainer(options: ClusterOptions, image: string, report: Report): Promise<boolean> {
  const present = await inspectContainer();
  if (present) {
    const spec = { ...options, image, apiPort: present.apiPort };
    const same = present.spec === specHash(spec);
    if (same && present.running) return true;
    if (same && (await isFree(present.apiPort))) {
      report("starting the node");
      await start(["start", containerName], options.hostPort);
      return false;
    }
    report("making the node's container anew: its image or a port changed; its data stays");
    if (present.running) await docker(["stop", containerName]);
    await removeContainer();
  }
  report("starting the node");
  const apiPort =
    present?.apiPort && (await isFree(present.apiPort)) ? present.apiPort : await chooseApiPort();
  try {
    await start(runArgs({ ...options, image, apiPort }), options.hostPort);
  } catch (error) {
    // Docker leaves a container that it could not start.
    await removeContainer();
    throw error;
  }
  return false;
}

/** Waits until every part of the node is ready, add-ons included. */
async function waitUntilReady(report: Report): Promise<void> {
  const waited = await docker(execArgs("node", "wait", startTimeout), { report });
  if (!waited.failed) return;
  const why = lastLines(waited.all, 1).join("");
  const program = /(\S+) keeps ending/.exec(why)?.[1];
  const logs = (await docker(["logs", "--tail", "2000", containerName])).all.split("\n");
  throw new TaskFlowError("TF1306", {
    what: `the node did not become ready: ${why}`,
    // Each line of the log begins with the program that wrote it.
    detail: logs.filter((line) => line && (!program || line.startsWith(`${program}: `))).slice(-12),
  });
}

/**
 * After a restart the API server shows the pods as they were before, until the kubelet has looked at each. Waits for
 * that, at most half a minute: whoever waits for a rollout next would take the old words for the present.
 */
async function podsOfThisBoot(report: Report): Promise<void> {
  const { startedAt } = await runningContainer();
  const until = Date.now() + 30_000;
  while (Date.now() < until) {
    const listed = await docker(execArgs("kubectl", "get", "pods", "--all-namespaces", "--output", "json"));
    const names = listed.failed ? ["pods"] : staleContainers(listed.stdout, startedAt);
    if (names.length === 0) return;
    report(`waiting for the kubelet to look at ${names[0]}`);
    await sleep(300);
  }
}

async function writeAccess(): Promise<void> {
  const { apiPort } = await runningContainer();
  const admin = await dockerOrFail(execArgs("cat", "/run/taskflow/pki/admin.kubeconfig"), {
    what: "reading the node's kubeconfig",
  });
  const kubeconfig = hostKubeconfig(admin.stdout, apiPort);
  await writeKubeconfig(kubeconfig);
  if (await apiServes(kubeconfig, 10_000)) return;
  throw new TaskFlowError("TF1306", {
    what: `the node is ready, but its API does not answer at 127.0.0.1:${apiPort} on this machine`,
  });
}

/** This checkout's cluster; nothing is started by making one of these. */
export function embeddedCluster(options: ClusterOptions): Cluster {
  return {
    kind: "embedded",
    name: containerName,

    async ensure(report) {
      const ran = await ensureContainer(options, await ensureNodeImage(report), report);
      // A node that ran already and serves under the kubeconfig that is there needs no more looks.
      if (ran && (await this.running())) return;
      await waitUntilReady(report);
      await writeAccess();
      if (!ran) await podsOfThisBoot(report);
    },

    async running() {
      const kubeconfig = await readKubeconfig();
      return kubeconfig !== undefined && apiServes(kubeconfig, 1500);
    },

    async kubeconfig(): Promise<KubeAccess> {
      return { kubeconfig: kubeconfigFile, context: containerName };
    },

    async nodeAddress(): Promise<NodeAddress> {
      const { network } = await runningContainer();
      const frontendUrl = `http://localhost:${options.hostPort}`;
      if (process.platform === "darwin" || (await dockerInfo()).dockerDesktop) {
        // Containers live in a virtual machine, whose gateway is not this machine. Docker Desktop and its likes
        // answer for this machine under a name, and their connections come from this machine's own loopback.
        const found = await docker(execArgs("getent", "ahostsv4", "host.docker.internal"));
        return {
          frontendUrl,
          hostFromPods: found.failed ? undefined : found.stdout.split(/\s/)[0],
          podSourceCidrs: ["127.0.0.1/32", "::1/128"],
        };
      }
      return {
        frontendUrl,
        hostFromPods: network?.gateway,
        // Pods leave the node under the node's address.
        podSourceCidrs: network ? [network.cidr] : [],
      };
    },

    async hasImage(image) {
      return images.has(await images.nodeImages(), image);
    },

    async loadImage(image: LocalImage, report) {
      const [present, container] = await Promise.all([images.nodeImages(), runningContainer()]);
      if (images.has(present, image)) return;
      await images.send(image.ref, container.registryPort ?? 0, report);
      const found = await images.nodeImages();
      if (images.has(found, image)) return;
      throw new TaskFlowError("TF1203", {
        what: `after sending ${image.ref} the node does not have it as ${image.id}`,
        detail: found
          .filter(({ name }) => name === images.fullName(image.ref))
          .map(
            ({ name, config, target }) => `${name}: configuration ${config || "missing"}, manifest ${target}`,
          ),
      });
    },

    removeImage: images.remove,

    async listImages(repository) {
      return images.refsOf(await images.nodeImages(), repository);
    },

    async stop(report) {
      if (!(await inspectContainer())?.running) return;
      report("stopping the node");
      await dockerOrFail(["stop", containerName], { what: "stopping the node" });
    },

    async destroy(report) {
      report("removing the node and its data");
      await removeContainer();
      await removeVolume();
      await removeKubeconfig();
    },
  };
}
