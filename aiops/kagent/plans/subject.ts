/** What a finding is about, in names that outlive pods. */
import { ownerUid } from "../checks/pods.ts";
import type { Finding, ObjectRef, Snapshot } from "../checks/types.ts";

/** `Deployment/backend` for a pod, a ReplicaSet and the Deployment itself; `<kind>/<name>` for all else. */
export function subject(snapshot: Snapshot, { kind, name }: ObjectRef): string {
  const bySet = (set: Snapshot["replicaSets"][number] | undefined): string | undefined => {
    const owner = set?.metadata?.ownerReferences?.find(({ controller }) => controller);
    return owner && `${owner.kind}/${owner.name}`;
  };
  const { pods, replicaSets } = snapshot;
  const plain = `${kind}/${name}`;
  if (kind === "ReplicaSet")
    return bySet(replicaSets.find(({ metadata }) => metadata?.name === name)) ?? plain;
  if (kind !== "Pod") return plain;
  const pod = pods.find(({ metadata }) => metadata?.name === name);
  return (pod && bySet(replicaSets.find(({ metadata }) => metadata?.uid === ownerUid(pod)))) ?? plain;
}

/** The same fault of the same thing gives the same key, whichever pod shows it. */
export const faultKey = (snapshot: Snapshot, { code, object }: Finding): string =>
  `${code} ${subject(snapshot, object)}`;

/** The finding that is meant by a code and a name: that of its object, of one that shows the same, or of their owner. */
export function findFinding(
  { snapshot, findings }: { snapshot: Snapshot; findings: readonly Finding[] },
  wanted: { code: string; object: { name: string } },
): Finding | undefined {
  const { name } = wanted.object;
  const same = findings.filter(({ code }) => code === wanted.code);
  return (
    same.find(({ object, affected }) => [object, ...affected].some((one) => one.name === name)) ??
    same.find(({ object }) => subject(snapshot, object).endsWith(`/${name}`))
  );
}
