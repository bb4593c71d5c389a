import type { V1Pod } from "@kubernetes/client-node";
import { aboutDatabase } from "./databaseError.ts";
import { containerFinding, logEvidence } from "./finding.ts";
import { selected } from "./network/services.ts";
import { component, containers, livePods, logOf, once, podRef } from "./pods.ts";
import type { Check, Snapshot } from "./types.ts";

/** A call that never reached a server. A name without an address is another matter. */
const failed =
  /ECONNREFUSED|EHOSTUNREACH|ETIMEDOUT|ECONNRESET|UND_ERR_CONNECT_TIMEOUT|connection refused|could not be called|bad gateway/i;

/**
 * F08: a container calls another part of the app, of which no pod is ready. Said so that the effect is seen next to its
 * cause; where the other part is well, nothing is said here.
 */
export const failingCalls: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const own = component(container.pod);
    for (const line of logOf(snapshot, container).toReversed()) {
      if (!failed.test(line) || aboutDatabase.test(line)) continue;
      const target = targetOf(snapshot, line, own);
      if (target === undefined || hasReady(snapshot, target)) continue;
      return containerFinding("TF1545", container, {
        what: `${container.name} calls ${target}, of which no pod is ready.`,
        definite: false,
        evidence: [logEvidence(podRef(container.pod, container.name), [line])],
        values: { target },
      });
    }
    return [];
  });

/** What a failing line is about: a part of the app or a Service that it names, by name or address. */
function targetOf(snapshot: Snapshot, line: string, own: string): string | undefined {
  const words = new Set(line.toLowerCase().match(/[a-z0-9][a-z0-9-]*[a-z0-9]|\d+(?:\.\d+){3}/g));
  const addresses = new Set(line.match(/\b\d+(?:\.\d+){3}\b/g));
  const named = [...targets(snapshot).keys()].filter((name) => name !== own);
  return (
    named.find((name) => words.has(name)) ??
    snapshot.around.services?.find(({ spec }) => spec?.clusterIP && addresses.has(spec.clusterIP))?.metadata
      ?.name
  );
}

/** Pods by the name of their part of the app and of the Services that select them. */
const targets = once((snapshot) => {
  const byName = Map.groupBy(livePods(snapshot), component) as Map<string, V1Pod[]>;
  for (const service of snapshot.around.services ?? []) {
    if (service.metadata?.name && service.spec?.selector) {
      byName.set(service.metadata.name, selected(snapshot, service));
    }
  }
  return byName;
});

function hasReady(snapshot: Snapshot, target: string): boolean {
  return (targets(snapshot).get(target) ?? []).some((pod) =>
    pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
  );
}
