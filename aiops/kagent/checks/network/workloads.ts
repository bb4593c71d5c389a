/** What runs in a namespace, one entry for all pods of the same template. */
import type { V1Deployment, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { once, ownerUid, podRef } from "../pods.ts";
import type { ObjectRef, Snapshot } from "../types.ts";
import { hasAll, type Labels } from "./labels.ts";
import { deploymentRef, runningPods, templateLabels } from "./services.ts";

export interface Workload {
  /** The Deployment; for pods that none owns, the first of them. */
  ref: ObjectRef;
  /** Labels of its pods. */
  labels: Labels;
  /** The labels that tell its pods from others. */
  selector: Labels;
  spec: V1PodSpec;
  /** The pods there are, of earlier templates too. */
  pods: V1Pod[];
  deployment?: V1Deployment;
}

/** Deployments that are not scaled to zero, as their current template is, and the pods of all other owners. */
export const workloads = once((snapshot): Workload[] => {
  const deploymentOf = owners(snapshot);
  const byDeployment = new Map<V1Deployment, V1Pod[]>();
  const byOwner = new Map<string, V1Pod[]>();
  for (const pod of runningPods(snapshot)) {
    const deployment = deploymentOf(pod);
    const list = deployment ? byDeployment.get(deployment) : byOwner.get(ownerUid(pod));
    if (list) list.push(pod);
    else if (deployment) byDeployment.set(deployment, [pod]);
    else byOwner.set(ownerUid(pod), [pod]);
  }
  const deployed = snapshot.deployments.flatMap((deployment): Workload[] => {
    const spec = deployment.spec?.template?.spec;
    if (!spec || deployment.spec?.replicas === 0) return [];
    const labels = templateLabels(deployment);
    const selector = deployment.spec?.selector?.matchLabels ?? labels;
    const pods = byDeployment.get(deployment) ?? [];
    return [{ ref: deploymentRef(deployment), labels, selector, spec, pods, deployment }];
  });
  const others = [...byOwner.values()].flatMap((pods): Workload[] => {
    const [first] = pods;
    if (!first?.spec) return [];
    const labels = first.metadata?.labels ?? {};
    return [{ ref: podRef(first), labels, selector: withoutHash(labels), spec: first.spec, pods }];
  });
  return [...deployed, ...others];
});

function withoutHash({ "pod-template-hash": _hash, ...labels }: Labels): Labels {
  return labels;
}

/** The Deployment behind a pod: through its ReplicaSet; by labels where the ReplicaSets were not read. */
function owners(snapshot: Snapshot): (pod: V1Pod) => V1Deployment | undefined {
  const byUid = new Map(snapshot.deployments.map((deployment) => [deployment.metadata?.uid, deployment]));
  const bySet = new Map(
    snapshot.replicaSets.map((set) => [
      set.metadata?.uid,
      byUid.get(set.metadata?.ownerReferences?.find(({ controller }) => controller)?.uid),
    ]),
  );
  return (pod) => {
    const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller);
    if (owner?.kind !== "ReplicaSet") return undefined;
    if (bySet.has(owner.uid)) return bySet.get(owner.uid);
    return snapshot.deployments.find(({ spec }) => {
      const pairs = spec?.selector?.matchLabels ?? {};
      return Object.keys(pairs).length > 0 && hasAll(pod.metadata?.labels ?? {}, pairs);
    });
  };
}
