/** Which Deployment stands behind a pod, and which earlier revision of it could be returned to. */
import type { V1Container, V1Deployment, V1Pod, V1PodSpec, V1ReplicaSet } from "@kubernetes/client-node";
import { type Container, once, ownerUid } from "./pods.ts";
import type { Proposal } from "./proposal.ts";
import type { Snapshot } from "./types.ts";

const revisionKey = "deployment.kubernetes.io/revision";

const setsByUid = once(
  (snapshot) => new Map(snapshot.replicaSets.map((set) => [set.metadata?.uid, set] as const)),
);
const setsByOwner = once((snapshot) => Map.groupBy(snapshot.replicaSets, (set) => controllerOf(set)?.uid));
const deploymentsByName = once(
  (snapshot) => new Map(snapshot.deployments.map((one) => [one.metadata?.name, one] as const)),
);

/** The ReplicaSet that made a pod; undefined for a pod of anything else. */
export function setOf(snapshot: Snapshot, pod: V1Pod): V1ReplicaSet | undefined {
  return setsByUid(snapshot).get(ownerUid(pod));
}

/** Name of the Deployment behind a ReplicaSet. */
export function deploymentNameOf(set: V1ReplicaSet | undefined): string | undefined {
  const owner = set && controllerOf(set);
  return owner?.kind === "Deployment" ? owner.name : undefined;
}

/** The Deployment behind a pod, where it is known and was read. */
export function deploymentOf(snapshot: Snapshot, pod: V1Pod): V1Deployment | undefined {
  const name = deploymentNameOf(setOf(snapshot, pod));
  return name === undefined ? undefined : deploymentsByName(snapshot).get(name);
}

interface Annotated {
  metadata?: { annotations?: Record<string, string> };
}

/** The revision that a ReplicaSet stands for, or that a Deployment is at; 0 where there is no word of it. */
export function revisionOf({ metadata }: Annotated): number {
  return Number(metadata?.annotations?.[revisionKey] ?? 0);
}

/** The ReplicaSets of a Deployment, the newest revision first. */
export function setsOf(snapshot: Snapshot, deployment: V1Deployment): V1ReplicaSet[] {
  const sets = setsByOwner(snapshot).get(deployment.metadata?.uid) ?? [];
  return [...sets].sort((a, b) => revisionOf(b) - revisionOf(a));
}

/** The ReplicaSet of the Deployment's newest revision. */
export const newestSet = (snapshot: Snapshot, deployment: V1Deployment): V1ReplicaSet | undefined =>
  setsOf(snapshot, deployment)[0];

/**
 * The ReplicaSet to return to from the newest one: an earlier one that still has available pods, otherwise the one
 * before. Undefined where there is none, and for a set that is not its Deployment's newest.
 * @param right what else must hold of the earlier pods.
 */
export function earlierSet(
  snapshot: Snapshot,
  set: V1ReplicaSet | undefined,
  right?: (spec: V1PodSpec) => boolean,
): V1ReplicaSet | undefined {
  if (!set || deploymentNameOf(set) === undefined) return undefined;
  const siblings = setsByOwner(snapshot).get(controllerOf(set)?.uid) ?? [];
  const own = revisionOf(set);
  if (siblings.some((other) => revisionOf(other) > own)) return undefined;
  const earlier = siblings
    .filter((other) => other !== set && revisionOf(other) > 0 && revisionOf(other) < own)
    .filter(({ spec }) => !right || (spec?.template?.spec !== undefined && right(spec.template.spec)))
    .sort((a, b) => revisionOf(b) - revisionOf(a));
  // One that was scaled to none had been replaced, so its pods had been available before. One whose pods are there and
  // not available is no place to return to.
  return (
    earlier.find((other) => (other.status?.availableReplicas ?? 0) > 0) ??
    earlier.find((other) => !other.spec?.replicas)
  );
}

/** The proposal to return to the earlier revision, as a list: empty where there is none. */
export function rollback(
  snapshot: Snapshot,
  set: V1ReplicaSet | undefined,
  right?: (spec: V1PodSpec) => boolean,
): Proposal[] {
  const earlier = earlierSet(snapshot, set, right);
  const deployment = deploymentNameOf(set);
  if (!earlier || deployment === undefined) return [];
  return [{ action: "rolloutUndo", deployment, toRevision: revisionOf(earlier) }];
}

/** As `rollback`, from a container of the newest pods. */
export function rollbackOf(snapshot: Snapshot, { pod }: Pick<Container, "pod">): Proposal[] {
  return rollback(snapshot, setOf(snapshot, pod));
}

/** How the earlier revision had this container. */
export function earlierSpec(snapshot: Snapshot, container: Container): V1Container | undefined {
  const template = earlierSet(snapshot, setOf(snapshot, container.pod))?.spec?.template?.spec;
  const specs = container.init ? template?.initContainers : template?.containers;
  return specs?.find(({ name }) => name === container.name);
}

/** Does an earlier revision of this pod's Deployment still serve? */
export function earlierServes(snapshot: Snapshot, pod: V1Pod): boolean {
  return (earlierSet(snapshot, setOf(snapshot, pod))?.status?.availableReplicas ?? 0) > 0;
}

const controllerOf = (set: V1ReplicaSet) => set.metadata?.ownerReferences?.find((owner) => owner.controller);
