import type { V1Node } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { livePods, secondsSince } from "./pods.ts";
import type { Check, Finding, Snapshot } from "./types.ts";

const pressures: Readonly<Record<string, string>> = {
  MemoryPressure: "is short of memory",
  DiskPressure: "is short of disk space",
  PIDPressure: "is short of process numbers",
  NetworkUnavailable: "has no pod network",
};

/** A kubelet that has just started may not be ready for a moment, in seconds. */
const patience = 10;

/**
 * F23: nodes that do not work, or take no new pods. Only where it matters here: a node with pods of this namespace, or
 * while pods wait for a node; another node's maintenance is nobody's fault.
 */
export const nodeTrouble: Check = (snapshot) => {
  const nodes = snapshot.around.nodes ?? [];
  const used = new Set(livePods(snapshot).map((pod) => pod.spec?.nodeName));
  const waiting = livePods(snapshot).some(({ status }) =>
    status?.conditions?.some(({ type, reason }) => type === "PodScheduled" && reason === "Unschedulable"),
  );
  const allCordoned = nodes.length > 0 && nodes.every((node) => node.spec?.unschedulable);
  return nodes.flatMap((node) => {
    const here = used.has(node.metadata?.name);
    return [
      ...(here || waiting ? unfit(snapshot, node) : []),
      ...(node.spec?.unschedulable && (waiting || allCordoned) ? [cordoned(node, waiting)] : []),
    ];
  });
};

function unfit(snapshot: Snapshot, node: V1Node): Finding[] {
  const object = refOf(node);
  return (node.status?.conditions ?? []).flatMap((condition) => {
    const { type, status, reason, message, lastTransitionTime } = condition;
    const ready = type === "Ready";
    const bad = ready ? status !== "True" : pressures[type] !== undefined && status === "True";
    if (!bad) return [];
    const why = ready
      ? status === "Unknown"
        ? "does not report any more"
        : "is not ready"
      : pressures[type];
    return finding("TF1539", {
      object,
      what: `node ${object.name} ${why} (${reason}).`,
      definite: secondsSince(snapshot, lastTransitionTime) >= patience,
      evidence: [fact("status", object, `${type} is ${status}: ${message}`)],
      values: { node: object.name },
    });
  });
}

function cordoned(node: V1Node, waiting: boolean): Finding {
  const object = refOf(node);
  return finding("TF1540", {
    object,
    what: `node ${object.name} is cordoned: it keeps its pods and takes no new ones${waiting ? ", and pods wait for a node" : ""}.`,
    severity: waiting ? "error" : "warning",
    evidence: [fact("spec", object, "unschedulable: true")],
    values: { node: object.name },
  });
}

const refOf = (node: V1Node) => ({ kind: "Node", namespace: "", name: node.metadata?.name ?? "" });
