/**
 * Minikube with a profile of our own. It runs a node in a container of the local Docker daemon; its CLI ends with exit
 * code 0 even when an image did not arrive, so every load is looked up on the node by the image's ID afterwards.
 */
import { access, chmod } from "node:fs/promises";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { docker } from "../docker.ts";
import { lastLines, type Report, type RunResult, run } from "../run.ts";
import { apiServes, requireReady } from "./api.ts";
import { withArchive } from "./archive.ts";
import { containerAddress } from "./containers.ts";
import { isFree, portTaken } from "./embedded/ports.ts";
import { kubeconfigFile, removeKubeconfig } from "./kubeconfig.ts";
import { allHave, type NodeImage, refsOf, requireAll } from "./nodeImages.ts";
import type { Cluster, ClusterOptions, KubeAccess } from "./types.ts";

/** Profile, kubeconfig context and the node's container all bear this name. */
export const profile = "taskflow";

const own: KubeAccess = { kubeconfig: kubeconfigFile("minikube"), context: profile };

async function minikube(args: string[], report?: Report): Promise<RunResult> {
  const result = await run("minikube", [...args, "--profile", profile], {
    // Its kubeconfig is a file of ours; the user's is neither read nor written.
    env: { KUBECONFIG: own.kubeconfig, MINIKUBE_IN_STYLE: "false" },
    ...(report ? { report } : {}),
  });
  if (result.failed && /ENOENT/.test(result.all)) {
    throw new TaskFlowError("TF1108", {
      what: "there is no minikube on PATH",
      fix: [
        "npm run up -- --cluster embedded   # needs only Docker",
        "# or install it: https://minikube.sigs.k8s.io",
      ],
    });
  }
  return result;
}

/** The message in a line of `minikube start --output json`: a step, or undefined for what tells a person nothing. */
export function startMessage(line: string): string | undefined {
  const event = eventIn(line);
  return event && /\.(step|info|warning)$/.test(event.type)
    ? event.data.message?.trim() || undefined
    : undefined;
}

/** Minikube's own account of a failure: its message, then its advice. */
export function startFailure(output: string): string[] {
  const errors = output
    .split("\n")
    .map(eventIn)
    .filter((event) => event?.type.endsWith(".error"));
  const last = errors.at(-1)?.data;
  const told = [last?.message, last?.advice].filter((text) => text !== undefined && text !== "");
  return told.length > 0 ? told.flatMap((text) => lastLines(text ?? "", 6)) : lastLines(output);
}

function eventIn(line: string): { type: string; data: { message?: string; advice?: string } } | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const event = JSON.parse(line) as { type?: string; data?: { message?: string; advice?: string } };
    return { type: event.type ?? "", data: event.data ?? {} };
  } catch {
    return undefined;
  }
}

async function start(options: ClusterOptions, report: Report): Promise<void> {
  const exists = !(await docker(["container", "inspect", profile])).failed;
  // The port is published when the node's container is made, and only then.
  if (!exists && !(await isFree(options.hostPort))) throw await portTaken(options.hostPort);
  const started = await minikube(
    [
      "start",
      "--driver=docker",
      "--container-runtime=containerd",
      "--cpus=2",
      "--memory=3072",
      `--ports=127.0.0.1:${options.hostPort}:${options.nodePort}`,
      // Our kubeconfig names its context outright, and holds all that it needs.
      "--keep-context",
      "--embed-certs",
      "--wait=all",
      "--interactive=false",
      "--output=json",
    ],
    (line) => {
      const message = startMessage(line);
      if (message) report(message);
    },
  );
  if (!started.failed) return;
  if (/port is already allocated|address already in use/i.test(started.all))
    throw await portTaken(options.hostPort);
  throw new TaskFlowError("TF1306", {
    what: `minikube start ended with exit code ${started.exitCode}`,
    detail: startFailure(started.all),
  });
}

async function images(): Promise<NodeImage[]> {
  const listed = await minikube(["image", "ls", "--format", "json"]);
  // Where the node can't be asked, minikube warns and prints `null` or nothing, with exit code 0.
  const line = listed.stdout.split("\n").find((text) => text.startsWith("["));
  return line ? (JSON.parse(line) as NodeImage[]) : [];
}

export function minikubeCluster(options: ClusterOptions): Cluster {
  const running = async () => {
    const written = await access(own.kubeconfig).then(
      () => true,
      () => false,
    );
    return written && (await apiServes(own));
  };
  return {
    kind: "minikube",
    name: profile,
    running,

    async ensure(report) {
      if (!(await running())) await start(options, report);
      await chmod(own.kubeconfig, 0o600);
      await requireReady(own);
    },

    async kubeconfig() {
      return own;
    },

    nodeAddress: () => containerAddress(profile, options.nodePort, "host.minikube.internal"),

    async hasImage(image) {
      return allHave([await images()], image);
    },

    async loadImage(image, report) {
      if (await allHave([await images()], image)) return;
      report(`loading ${image.ref} into minikube`);
      // By name, minikube would keep an archive of each tag on this machine for good, and ask Docker Hub first.
      const loaded = await withArchive(image.ref, (file) => minikube(["image", "load", file], report));
      if (loaded.failed) {
        throw new TaskFlowError("TF1204", {
          what: `minikube image load of ${image.ref} ended with exit code ${loaded.exitCode}`,
          detail: lastLines(loaded.all),
        });
      }
      await requireAll([await images()], image);
    },

    async removeImage(ref) {
      await minikube(["image", "rm", ref]);
    },

    async listImages(repository) {
      return refsOf([await images()], repository);
    },

    async stop(report) {
      report("stopping minikube");
      const stopped = await minikube(["stop"]);
      if (stopped.failed) {
        throw new TaskFlowError("TF1309", { what: "minikube stop failed", detail: lastLines(stopped.all) });
      }
    },

    async destroy(report) {
      report("deleting the minikube profile");
      const deleted = await minikube(["delete"]);
      if (deleted.failed) {
        throw new TaskFlowError("TF1309", { what: "minikube delete failed", detail: lastLines(deleted.all) });
      }
      await removeKubeconfig(own.kubeconfig);
    },
  };
}
