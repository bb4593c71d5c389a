/** The revision to go back to. */
import type { V1PodSpec } from "@kubernetes/client-node";
import type { Snapshot } from "../types.ts";
import type { Workload } from "./workloads.ts";

const annotation = "deployment.kubernetes.io/revision";

/** The newest revision of a Deployment before its current one whose template is right; undefined where there is none. */
export function earlierRevision(
  { replicaSets }: Snapshot,
  { deployment }: Workload,
  right: (spec: V1PodSpec) => boolean,
): number | undefined {
  const current = Number(deployment?.metadata?.annotations?.[annotation] ?? 0);
  const revisions = replicaSets
    .filter(({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uid === deployment?.metadata?.uid))
    .map(({ metadata, spec }) => ({
      revision: Number(metadata?.annotations?.[annotation] ?? 0),
      spec: spec?.template?.spec,
    }))
    .filter(({ revision }) => revision > 0 && revision < current)
    .sort((a, b) => b.revision - a.revision);
  return revisions.find(({ spec }) => spec && right(spec))?.revision;
}
