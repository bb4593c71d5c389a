import type { V1Deployment } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { deploymentRef, servicePods, wholly } from "./network/services.ts";
import type { Check, Snapshot } from "./types.ts";

/**
 * F19: a Service stands before Deployments that are all scaled to zero. A Deployment without a Service may rest; one
 * that something is sent to may not.
 */
export const scaledToZero: Check = (snapshot) => {
  if (!wholly(snapshot, "pods", "deployments")) return [];
  const services = new Map<V1Deployment, string[]>();
  for (const { name, pods, deployments } of servicePods(snapshot)) {
    if (pods.length > 0 || !deployments.every(({ spec }) => spec?.replicas === 0)) continue;
    for (const deployment of deployments) {
      services.set(deployment, [...(services.get(deployment) ?? []), name]);
    }
  }
  return [...services].map(([deployment, names]) => {
    const object = deploymentRef(deployment);
    const replicas = fewest(snapshot, object.name);
    return finding("TF1521", {
      object,
      what: `it is scaled to zero, so Service ${names.join(", ")} has no pod to send requests to.`,
      evidence: [fact("spec", object, "replicas: 0")],
      values: { replicas: String(replicas) },
      proposals: [{ action: "scale", deployment: object.name, replicas }],
    });
  });
};

/** The number to go back to: one, or what an autoscaler would keep (which rests while there are none). */
function fewest({ around }: Snapshot, name: string): number {
  const autoscaler = around.autoscalers?.find(
    ({ spec }) => spec?.scaleTargetRef.kind === "Deployment" && spec.scaleTargetRef.name === name,
  );
  return Math.min(Math.max(autoscaler?.spec?.minReplicas ?? 1, 1), 3);
}
