import type { V1Pod } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { component, podRef, secondsSince } from "./pods.ts";
import type { Check, Snapshot } from "./types.ts";

/** The record of an eviction stays for long; after this many seconds it is history. */
const recent = 600;

/** [what the kubelet said, what that means] */
const meanings: readonly (readonly [RegExp, string])[] = [
  [
    /local storage usage exceeds|exceeds the limit/i,
    "it wrote more to the node's disk than its limit allows",
  ],
  [/low on resource: (?:ephemeral-storage|inodes|nodefs|imagefs)/i, "the node was short of disk space"],
  [/low on resource: memory/i, "the node was short of memory"],
  [/low on resource: pids/i, "the node was short of process numbers"],
  [/preempt/i, "a pod of higher priority took its place"],
];

/** F23: the kubelet took a pod off its node. Its replacement may meet the same. */
export const evicted: Check = (snapshot) =>
  snapshot.pods
    .filter(
      ({ status, metadata }) =>
        status?.phase === "Failed" && reasons.has(status.reason ?? "") && !metadata?.deletionTimestamp,
    )
    .filter((pod) => secondsSince(snapshot, evictedAt(pod)) < recent)
    .map((pod) => {
      const message = pod.status?.message ?? "";
      const meaning = meanings.find(([pattern]) => pattern.test(message))?.[1] ?? "the kubelet says why";
      return finding("TF1541", {
        object: podRef(pod),
        what: `the pod was taken off node ${pod.spec?.nodeName ?? "(none)"}: ${meaning}.`,
        severity: "warning",
        evidence: [fact("status", podRef(pod), `${pod.status?.reason}: ${message}`)],
        values: { component: component(pod) },
      });
    });

const reasons = new Set(["Evicted", "Preempting"]);

function evictedAt(pod: V1Pod): Snapshot["takenAt"] | undefined {
  const target = pod.status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  const ends = pod.status?.containerStatuses?.map(({ state }) => state?.terminated?.finishedAt) ?? [];
  return target?.lastTransitionTime ?? ends.find((at) => at !== undefined) ?? pod.status?.startTime;
}
