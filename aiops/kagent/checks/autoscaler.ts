import type { V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { secondsSince } from "./pods.ts";
import type { Check, Finding, ObjectRef, Snapshot } from "./types.ts";

/** Metrics of new pods come late: an autoscaler may be without them this long, in seconds. */
const patience = 120;

/** [the controller's words, what that means, may it pass by itself?] */
const meanings: readonly (readonly [RegExp, string, boolean])[] = [
  [/missing request for (\w+)/i, "its pods have no request for $1, of which it would be a percentage", false],
  [/deployments?\S* "?[^"]*"? not found/i, "its target does not exist", false],
  [
    /could not find the requested resource|metrics\.k8s\.io|no metrics returned|unable to fetch metrics/i,
    "the cluster has no metrics of pods (metrics-server)",
    true,
  ],
  [/did not receive metrics|no recommendation/i, "there are no metrics of its pods", true],
];

/** F14: an autoscaler that cannot do its work, or that has done all that it may. */
export const autoscaler: Check = (snapshot) =>
  (snapshot.around.autoscalers ?? []).flatMap((scaler) => {
    const { name = "", namespace = "" } = scaler.metadata ?? {};
    const object = { kind: "HorizontalPodAutoscaler", namespace, name };
    return broken(snapshot, scaler, object) ?? ceiling(snapshot, scaler, object) ?? [];
  });

function broken(
  snapshot: Snapshot,
  scaler: V2HorizontalPodAutoscaler,
  object: ObjectRef,
): Finding | undefined {
  const condition = scaler.status?.conditions?.find(
    ({ type, status, reason }) =>
      status === "False" &&
      (type === "AbleToScale" || type === "ScalingActive") &&
      // The target has no replicas on purpose.
      reason !== "ScalingDisabled",
  );
  if (!condition) return undefined;
  const { kind, name } = scaler.spec?.scaleTargetRef ?? { kind: "Deployment", name: "?" };
  const said = condition.message ?? "";
  const found =
    condition.reason === "FailedGetScale" ? meanings[1] : meanings.find(([words]) => words.test(said));
  const passes = found?.[2] ?? true;
  const waits = secondsSince(snapshot, condition.lastTransitionTime);
  if (passes && waits < patience) return undefined;
  const subject = found?.[0].exec(said)?.[1] ?? "cpu";
  const meaning = found?.[1].replace("$1", subject) ?? `${condition.reason}`;
  return finding("TF1532", {
    object,
    what: `the autoscaler of ${kind} ${name} does not scale: ${meaning}.`,
    severity: "warning",
    evidence: [fact("status", object, `${condition.type} is False, ${condition.reason}: ${said}`)],
  });
}

function ceiling(
  snapshot: Snapshot,
  scaler: V2HorizontalPodAutoscaler,
  object: ObjectRef,
): Finding | undefined {
  const limited = scaler.status?.conditions?.find(
    ({ type, status, reason }) =>
      type === "ScalingLimited" && status === "True" && reason === "TooManyReplicas",
  );
  const most = scaler.spec?.maxReplicas ?? 0;
  if (!limited || (scaler.status?.currentReplicas ?? 0) < most) return undefined;
  const fixed = (scaler.spec?.minReplicas ?? 1) === most;
  return finding("TF1533", {
    object,
    what: `the autoscaler of ${scaler.spec?.scaleTargetRef.kind} ${scaler.spec?.scaleTargetRef.name} would add pods, but has reached its maximum of ${most}${fixed ? ", which is its minimum too" : ""}.`,
    severity: "warning",
    // A peak that is short needs nothing.
    definite: secondsSince(snapshot, limited.lastTransitionTime) >= patience,
    evidence: [fact("status", object, limited.message)],
  });
}
