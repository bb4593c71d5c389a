import type { V1Pod } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { rollbackOf } from "./history.ts";
import { component, livePods, podRef, secondsSince } from "./pods.ts";
import { amount, mebibytes, millicores } from "./quantity.ts";
import type { Resource } from "./raiseLimit.ts";
import { cleanLine } from "./text.ts";
import type { Check, Snapshot } from "./types.ts";

/** A pod may wait this long, in seconds, for a node that is just starting or being freed. */
const patience = 6;

type Explain = (snapshot: Snapshot, pod: V1Pod, said: string) => string;

/** [what the scheduler said, what that means] */
const meanings: readonly (readonly [RegExp, Explain])[] = [
  [
    /insufficient memory/i,
    (snapshot, pod) => `not enough free memory for its request${room(snapshot, pod, "memory")}`,
  ],
  [
    /insufficient cpu/i,
    (snapshot, pod) => `not enough free CPU for its request${room(snapshot, pod, "cpu")}`,
  ],
  [
    /insufficient (?!memory|cpu)(\S+)/i,
    (_snapshot, _pod, said) =>
      `no node has as much ${/insufficient (?!memory|cpu)([\w-]+(?:[./][\w-]+)*)/i.exec(said)?.[1]} as it asks for`,
  ],
  [/too many pods/i, () => "the node holds as many pods as it may"],
  [
    /node affinity|node selector/i,
    (_snapshot, pod) => `no node has the labels that it asks for${selectorOf(pod)}`,
  ],
  [/topology spread/i, () => "its rules about spreading leave no node"],
  [/pod anti-affinity|pod affinity|anti-affinity rules/i, () => "its rules about other pods leave no node"],
  [
    /unbound immediate persistentvolumeclaims|persistentvolumeclaim/i,
    (_snapshot, _pod, said) => {
      const name = /persistentvolumeclaim "([^"]+)" not found/i.exec(said)?.[1];
      return name === undefined ? "its volume claim is not bound" : `its volume claim ${name} does not exist`;
    },
  ],
  [/volume node affinity conflict/i, () => "its volume is on a node that does not take it"],
  [/were unschedulable/i, () => "the node is cordoned"],
  [
    /untolerated taint/i,
    (_snapshot, _pod, said) => {
      const taints = [...said.matchAll(/untolerated taint\(?s?\)? \{([^}]*)\}/gi)].map((match) =>
        match[1]?.trim(),
      );
      const named = [...new Set(taints)].filter(Boolean).map((taint) => taint?.replace(/: ?$/, ""));
      return `the node has a taint that it does not tolerate${named.length > 0 ? ` (${named.join(", ")})` : ""}`;
    },
  ],
  [/free ports for the requested pod ports/i, () => "another pod has the port of the node that it asks for"],
];

/** F10: the scheduler finds no node. */
export const unschedulable: Check = (snapshot) =>
  livePods(snapshot).flatMap((pod) => {
    const condition = pod.status?.conditions?.find(
      ({ type, status, reason }) =>
        type === "PodScheduled" && status === "False" && reason === "Unschedulable",
    );
    if (!condition) return [];
    // After the first sentence it says that evicting others would not help either, in words that look the same.
    const message = (condition.message ?? "").split(/\bpreemption:/)[0] ?? "";
    const said = cleanLine(message, 1_000);
    const found = meanings
      .filter(([pattern]) => pattern.test(said))
      .map(([, explain]) => explain(snapshot, pod, said));
    const waits = secondsSince(snapshot, condition.lastTransitionTime);
    return finding("TF1506", {
      object: podRef(pod),
      what: `no node takes the pod: ${found.length > 0 ? found.join("; ") : "see the scheduler's words"}.`,
      definite: waits >= patience && !/node\.kubernetes\.io\/(not-ready|unreachable)/.test(message),
      evidence: [fact("status", podRef(pod), condition.message)],
      values: { component: component(pod) },
      proposals: rollbackOf(snapshot, { pod }),
    });
  });

/** ` (900Gi; the largest node has 3000Mi)` */
function room(snapshot: Snapshot, pod: V1Pod, resource: Resource): string {
  const show = resource === "memory" ? mebibytes : millicores;
  const asked = (pod.spec?.containers ?? []).reduce(
    (sum, { resources }) => sum + (amount(resources?.requests?.[resource]) ?? 0),
    0,
  );
  if (asked === 0) return "";
  const sizes = (snapshot.around.nodes ?? []).map(
    ({ status }) => amount(status?.allocatable?.[resource]) ?? 0,
  );
  const largest = sizes.length > 0 ? `; the largest node has ${show(Math.max(...sizes))} in all` : "";
  return ` (${show(asked)}${largest})`;
}

function selectorOf({ spec }: V1Pod): string {
  const labels = Object.entries(spec?.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
  return labels.length > 0 ? ` (${labels.join(", ")})` : "";
}
