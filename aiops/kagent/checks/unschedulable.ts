import { fact, finding } from "./finding.ts";
import { component, livePods, podRef, secondsSince } from "./pods.ts";
import type { Check } from "./types.ts";

/** A pod may wait this long, in seconds, for a node that is just starting or being freed. */
const patience = 6;

/** [what the scheduler said, what that means] */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/insufficient memory/i, "not enough free memory for its request"],
  [/insufficient cpu/i, "not enough free CPU for its request"],
  [/too many pods/i, "the node holds as many pods as it may"],
  [/node affinity|node selector/i, "no node has the labels that it asks for"],
  [/pod anti-affinity|pod affinity/i, "its rules about other pods leave no node"],
  [/unbound immediate persistentvolumeclaims|persistentvolumeclaim/i, "its volume claim is not bound"],
  [/were unschedulable/i, "the node is cordoned"],
  [/untolerated taint/i, "the node has a taint that it does not tolerate"],
];

/** F10: the scheduler finds no node. */
export const unschedulable: Check = (snapshot) =>
  livePods(snapshot).flatMap((pod) => {
    const condition = pod.status?.conditions?.find(
      ({ type, status, reason }) =>
        type === "PodScheduled" && status === "False" && reason === "Unschedulable",
    );
    if (!condition) return [];
    const message = condition.message ?? "";
    const found = meanings.filter(([pattern]) => pattern.test(message)).map(([, text]) => text);
    const waits = secondsSince(snapshot, condition.lastTransitionTime);
    return finding("TF1506", {
      object: podRef(pod),
      what: `no node takes the pod: ${found.length > 0 ? found.join("; ") : "see the scheduler's words"}.`,
      definite: waits >= patience && !/node\.kubernetes\.io\/(not-ready|unreachable)/.test(message),
      evidence: [fact("status", podRef(pod), message)],
      values: { component: component(pod) },
    });
  });
