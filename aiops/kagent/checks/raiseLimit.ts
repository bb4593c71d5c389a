/** How far a container's limit may be raised: what LimitRanges and quotas of the namespace leave. */
import type { V1Container } from "@kubernetes/client-node";
import { deploymentNameOf, deploymentOf, setOf } from "./history.ts";
import type { Container } from "./pods.ts";
import type { Proposal } from "./proposal.ts";
import { amount, mebibytes, millicores } from "./quantity.ts";
import type { Snapshot } from "./types.ts";

export type Resource = "memory" | "cpu";

export interface Raise {
  proposals: Proposal[];
  /** Continues a sentence: what stands in the way of more, or of anything; empty where nothing does. */
  note: string;
}

/**
 * A proposal to raise a limit to `wanted` (bytes or cores), or to as much as is allowed.
 * None for init containers, for pods without a Deployment, and where there is no limit or no room.
 */
export function raiseLimit(
  snapshot: Snapshot,
  container: Container,
  resource: Resource,
  wanted: number,
): Raise {
  const deployment = deploymentNameOf(setOf(snapshot, container.pod));
  const now = amount(container.spec?.resources?.limits?.[resource]);
  if (container.init || deployment === undefined || now === undefined) return { proposals: [], note: "" };
  const bounds = [
    ...limitRangeBounds(snapshot, container, resource),
    ...quotaBounds(snapshot, container, resource, now),
  ];
  const lowest = bounds.reduce<Bound | undefined>((a, b) => (a && a.most <= b.most ? a : b), undefined);
  const allowed = Math.min(wanted, lowest?.most ?? wanted);
  const text = (resource === "memory" ? mebibytes : millicores)(allowed);
  const note = lowest && lowest.most < wanted ? `; ${lowest.by} leaves no more than ${text}` : "";
  if ((amount(text) ?? 0) <= now)
    return { proposals: [], note: lowest ? `; ${lowest.by} leaves no room` : "" };
  return {
    proposals: [
      { action: "patchLimits", deployment, container: container.name, limits: { [resource]: text } },
    ],
    note,
  };
}

interface Bound {
  most: number;
  by: string;
}

function limitRangeBounds(snapshot: Snapshot, { spec, pod }: Container, resource: Resource): Bound[] {
  const others = otherLimits(pod.spec?.containers ?? [], spec?.name, resource);
  const request = amount(spec?.resources?.requests?.[resource]);
  return (snapshot.around.limitRanges ?? []).flatMap((range) =>
    (range.spec?.limits ?? []).flatMap(({ type, max, maxLimitRequestRatio }) => {
      const by = `LimitRange ${range.metadata?.name}`;
      const most = amount(max?.[resource]);
      const ratio = amount(maxLimitRequestRatio?.[resource]);
      return [
        ...(most !== undefined && type === "Container" ? [{ most, by }] : []),
        ...(most !== undefined && type === "Pod" ? [{ most: most - others, by }] : []),
        ...(ratio !== undefined && request !== undefined && type === "Container"
          ? [{ most: ratio * request, by }]
          : []),
      ];
    }),
  );
}

function quotaBounds(snapshot: Snapshot, container: Container, resource: Resource, now: number): Bound[] {
  const deployment = deploymentOf(snapshot, container.pod);
  const replicas = Math.max(1, deployment?.spec?.replicas ?? 1);
  const surge = deployment?.spec?.strategy?.rollingUpdate?.maxSurge ?? "25%";
  const others = otherLimits(container.pod.spec?.containers ?? [], container.name, resource);
  const key = `limits.${resource}`;
  return (snapshot.around.quotas ?? []).flatMap((quota) => {
    const hard = amount(quota.status?.hard?.[key] ?? quota.spec?.hard?.[key]);
    if (hard === undefined) return [];
    const free = hard - (amount(quota.status?.used?.[key]) ?? 0);
    const by = `quota ${quota.metadata?.name}`;
    // At the end every replica has the new limit; on the way there, with a surge, a new pod stands beside the old ones.
    const end = { most: now + free / replicas, by };
    return surge === 0 || surge === "0" || surge === "0%" ? [end] : [end, { most: free - others, by }];
  });
}

/** Sum of the limits of a pod's other containers. */
function otherLimits(specs: readonly V1Container[], name: string | undefined, resource: Resource): number {
  return specs
    .filter((spec) => spec.name !== name)
    .reduce((sum, { resources }) => sum + (amount(resources?.limits?.[resource]) ?? 0), 0);
}
