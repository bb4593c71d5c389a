/** A node made smaller: pods that only hold on to what a test may not use. */
import { quantity } from "../chart/quantity.ts";
import { type OwnCluster, restrictedNamespace } from "./ownCluster.ts";

export interface Room {
  /** Cores. */
  cpu: number;
  /** Bytes. */
  memory: number;
}

const namespace = "fillers";

/** A pod that requests this much and does nothing: the node's own pause image, which no registry is asked for. */
export async function fill(cluster: OwnCluster, name: string, { cpu, memory }: Room): Promise<void> {
  const requests = { cpu: `${Math.round(cpu * 1000)}m`, memory: `${Math.round(memory)}` };
  const restrictedContainer = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "pause",
          image: "taskflow.local/pause:1",
          imagePullPolicy: "Never",
          resources: { requests },
          securityContext: restrictedContainer,
        },
      ],
    },
  };
  await cluster.apply([restrictedNamespace(namespace)]);
  await cluster.apply([pod]);
  await cluster.kubectl("wait", `pod/${name}`, `-n=${namespace}`, "--for=condition=Ready", "--timeout=60s");
}

/** Gives back what the pod of that name held. */
export async function free(cluster: OwnCluster, name: string): Promise<void> {
  await cluster.kubectl("delete", "pod", name, `-n=${namespace}`);
}

/** What the node has for pods, and what pods that have not ended request of it. */
export async function nodeRoom(cluster: OwnCluster): Promise<{ allocatable: Room; requested: Room }> {
  const items = async (...args: string[]) =>
    JSON.parse(await cluster.kubectl("get", ...args, "--output=json")).items;
  const [node] = await items("nodes");
  const ended = ["Succeeded", "Failed"].map((phase) => `status.phase!=${phase}`).join();
  const pods = await items("pods", "--all-namespaces", `--field-selector=${ended}`);
  const requested = { cpu: 0, memory: 0 };
  for (const { spec } of pods)
    for (const { resources } of spec.containers)
      for (const resource of ["cpu", "memory"] as const)
        requested[resource] += quantity(resources.requests?.[resource] ?? "0");
  const { cpu, memory } = node.status.allocatable;
  return { allocatable: { cpu: quantity(cpu), memory: quantity(memory) }, requested };
}
