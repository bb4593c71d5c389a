/** How far a rollout is, as `kubectl rollout status` counts, and which pods belong to it. */
import type { V1Deployment, V1ReplicaSet } from "@kubernetes/client-node";
import { revisionOf, setsOf } from "./history.ts";
import { ownerUid } from "./pods.ts";
import type { Snapshot } from "./types.ts";

/** Has the controller brought every replica of the Deployment's current template up, and taken the older ones away? */
export function complete(deployment: V1Deployment): boolean {
  const { status, metadata, spec } = deployment;
  const wanted = spec?.replicas ?? 1;
  return (
    seen(deployment) &&
    metadata?.generation !== undefined &&
    (status?.updatedReplicas ?? 0) >= wanted &&
    (status?.replicas ?? 0) <= (status?.updatedReplicas ?? 0) &&
    (status?.availableReplicas ?? 0) >= wanted
  );
}

/** Has the controller looked at the Deployment since it was last changed? */
function seen({ status, metadata }: V1Deployment): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

/** The ReplicaSet of the Deployment's current template. */
function currentSet(snapshot: Snapshot, deployment: V1Deployment): V1ReplicaSet | undefined {
  return setsOf(snapshot, deployment).find((set) => revisionOf(set) === revisionOf(deployment));
}

/**
 * The part of a snapshot that belongs to the current templates of these Deployments. Pods of earlier ones, which may
 * well be broken (that is why there is a new one), are left out, and so is a Deployment whose change the controller has
 * not seen yet.
 */
export function currentOnly(snapshot: Snapshot, names: readonly string[]): Snapshot {
  const deployments = snapshot.deployments.filter(
    (deployment) => names.includes(deployment.metadata?.name ?? "") && seen(deployment),
  );
  const sets = deployments
    .map((deployment) => currentSet(snapshot, deployment))
    .filter((set) => set !== undefined);
  const uids = new Set(sets.map((set) => set.metadata?.uid));
  return {
    ...snapshot,
    deployments,
    replicaSets: sets,
    pods: snapshot.pods.filter((pod) => uids.has(ownerUid(pod))),
  };
}

/** One line for a person: `backend 0/1 (migrate runs), frontend 1/1`. */
export function progress(snapshot: Snapshot, names: readonly string[]): string {
  const current = currentOnly(snapshot, names);
  return names
    .map((name) => {
      const deployment = current.deployments.find(({ metadata }) => metadata?.name === name);
      if (!deployment) return `${name} not there yet`;
      const set = currentSet(current, deployment);
      const doing = current.pods
        .filter((pod) => ownerUid(pod) === set?.metadata?.uid && !pod.metadata?.deletionTimestamp)
        .map((pod) => stage(pod.status ?? {}))
        .find((text) => text !== undefined);
      const { updatedReplicas = 0, availableReplicas = 0 } = deployment.status ?? {};
      const up = Math.min(updatedReplicas, availableReplicas);
      return `${name} ${up}/${deployment.spec?.replicas ?? 1}${doing ? ` (${doing})` : ""}`;
    })
    .join(", ");
}

type PodStatus = NonNullable<Snapshot["pods"][number]["status"]>;

/** What a pod is at; undefined when it is ready. */
function stage(status: PodStatus): string | undefined {
  const init = status.initContainerStatuses?.find(({ state }) => !(state?.terminated?.exitCode === 0));
  const container = init ?? status.containerStatuses?.find(({ ready }) => !ready);
  if (!container) return status.containerStatuses?.length ? undefined : "waits for a node";
  const { waiting, running, terminated } = container.state ?? {};
  if (running) return init ? `${container.name} runs` : "starts";
  return waiting?.reason ?? terminated?.reason ?? "starts";
}
