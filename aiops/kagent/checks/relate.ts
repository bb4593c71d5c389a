/** Joins what the single checks found: the same fault in several pods is one finding, and effects name their cause. */
import { deploymentNameOf } from "./history.ts";
import { ownerUid } from "./pods.ts";
import type { Finding, Snapshot } from "./types.ts";

/** Merges and links; the findings given are not changed. */
export function relate(snapshot: Snapshot, findings: readonly Finding[]): Finding[] {
  const merged = merge(snapshot, findings);
  const deploymentOf = deployments(snapshot);
  return merged.map((found) => {
    // Other findings about a Deployment are about its template, and no effect of its pods'.
    if (found.code !== "TF1509") return found;
    const cause = merged.find(
      (other) =>
        other !== found && deploymentOf(other) === found.object.name && other.confidence === "definite",
    );
    return cause ? { ...found, causedBy: { code: cause.code, object: cause.object } } : found;
  });
}

/** One finding for all pods of one ReplicaSet whose same container shows the same code. */
function merge(snapshot: Snapshot, findings: readonly Finding[]): Finding[] {
  const owners = new Map(snapshot.pods.map((pod) => [pod.metadata?.name, ownerUid(pod)]));
  const groups = new Map<string, Finding>();
  for (const found of findings) {
    const owner = found.object.kind === "Pod" ? owners.get(found.object.name) : found.object.name;
    const key = [found.code, found.object.kind, owner, found.object.container].join("|");
    const first = groups.get(key);
    if (!first) groups.set(key, found);
    // The surest of them speaks for all.
    else if (first.confidence === "likely" && found.confidence === "definite") {
      groups.set(key, { ...found, affected: [first.object, ...first.affected] });
    } else groups.set(key, { ...first, affected: [...first.affected, found.object] });
  }
  return [...groups.values()];
}

/** The name of the Deployment behind a finding about a pod or a ReplicaSet. */
function deployments(snapshot: Snapshot): (found: Finding) => string | undefined {
  const bySet = new Map(snapshot.replicaSets.map((set) => [set.metadata?.uid, deploymentNameOf(set)]));
  const byPod = new Map(snapshot.pods.map((pod) => [pod.metadata?.name, bySet.get(ownerUid(pod))]));
  const bySetName = new Map(
    snapshot.replicaSets.map((set) => [set.metadata?.name, bySet.get(set.metadata?.uid)]),
  );
  return ({ object }) => {
    if (object.kind === "Pod") return byPod.get(object.name);
    return object.kind === "ReplicaSet" ? bySetName.get(object.name) : undefined;
  };
}
