import { Command } from "commander";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines } from "../../local/run.ts";
import { deployed } from "../deployed.ts";
import { readDeployment } from "../deployment.ts";
import { type StackOptions, withStack } from "../options.ts";

interface PodStatus {
  name: string;
  component: string;
  ready: boolean;
  phase: string;
  restarts: number;
  image: string;
}

/** The little of a Pod that `status` shows. */
interface Pod {
  metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string };
  spec: { containers: { image: string }[] };
  status: {
    phase: string;
    conditions?: { type: string; status: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  restartCount: number;
  state?: { waiting?: { reason?: string } };
}

/** A pod on one line; `phase` is what holds it up, where something does, in kubectl's words. Pure. */
export function podStatus(pod: Pod): PodStatus {
  const initial = pod.status.initContainerStatuses ?? [];
  const statuses = pod.status.containerStatuses ?? [];
  const reason = (of: readonly ContainerStatus[]) =>
    of.map(({ state }) => state?.waiting?.reason).find((text) => text && text !== "PodInitializing");
  // While an init container fails (the migration), the others only wait for it.
  const before = reason(initial);
  const waiting = before ? `Init:${before}` : reason(statuses);
  return {
    name: pod.metadata.name,
    component: pod.metadata.labels?.app ?? "",
    ready: pod.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
    phase: pod.metadata.deletionTimestamp ? "Terminating" : (waiting ?? pod.status.phase),
    restarts: [...initial, ...statuses].reduce((sum, status) => sum + status.restartCount, 0),
    image: pod.spec.containers[0]?.image ?? "",
  };
}

export function status(): Command {
  return withStack(new Command("status"))
    .description("show where TaskFlow answers and how its pods are")
    .option("--json", "print it as JSON on standard output")
    .action(async (options: StackOptions & { json?: boolean }) => {
      const { stack, cluster, kubectl } = await deployed(options);
      const result = await kubectl(["get", "pods", "--output", "json"]);
      if (result.failed) {
        throw new TaskFlowError("TF1307", { what: "kubectl get pods failed", detail: lastLines(result.all) });
      }
      const pods = (JSON.parse(result.stdout).items as Pod[]).map(podStatus);
      const { frontendUrl } = await cluster.nodeAddress();
      const shown = {
        stack: stack.name,
        deployer: (await readDeployment(stack.name))?.deployer ?? null,
        cluster: { kind: cluster.kind, name: cluster.name },
        namespace: stack.config.namespace,
        frontendUrl: frontendUrl ?? null,
        pods,
      };
      if (options.json) {
        console.log(JSON.stringify(shown, null, 2));
        return;
      }
      console.log(`${shown.frontendUrl ?? "(reached by a port-forward: npm run open)"}`);
      console.log(
        `stack ${stack.name}, ${shown.deployer ?? "not deployed"}, ${cluster.kind} cluster ${cluster.name}, namespace ${shown.namespace}\n`,
      );
      for (const pod of pods) {
        console.log(
          `${pod.ready ? "✓" : "✗"} ${pod.name.padEnd(34)} ${pod.phase.padEnd(18)} ${pod.restarts} restarts  ${pod.image}`,
        );
      }
      if (pods.length === 0) console.log("no pods: npm run up");
    });
}
