import type { V1Deployment } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { earlierSet, newestSet, revisionOf, rollback } from "./history.ts";
import type { Check, Evidence, ObjectRef, Snapshot } from "./types.ts";

/** F15: the Deployment controller has given up waiting. What holds its pods up is another finding, the cause of this. */
export const stalledRollout: Check = (snapshot) =>
  snapshot.deployments.flatMap((deployment) => {
    const condition = deployment.status?.conditions?.find(
      ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
    );
    if (condition?.status !== "False") return [];
    const object = {
      kind: "Deployment",
      namespace: deployment.metadata?.namespace ?? "",
      name: deployment.metadata?.name ?? "",
    };
    const ready = deployment.status?.readyReplicas ?? 0;
    return finding("TF1509", {
      object,
      what: `no progress for ${deployment.spec?.progressDeadlineSeconds ?? 600} s; ${ready} pod(s) serve.`,
      severity: ready > 0 ? "warning" : "error",
      evidence: [fact("status", object, condition.message), ...changed(snapshot, deployment, object)],
      proposals: rollback(snapshot, newestSet(snapshot, deployment)),
    });
  });

/** Which revision this is, which one would serve, and what was noted of the change. */
function changed(snapshot: Snapshot, deployment: V1Deployment, object: ObjectRef): Evidence[] {
  const newest = newestSet(snapshot, deployment);
  const earlier = earlierSet(snapshot, newest);
  if (!newest || !earlier) return [];
  const available = earlier.status?.availableReplicas ?? 0;
  const cause = deployment.metadata?.annotations?.["kubernetes.io/change-cause"];
  const text = `revision ${revisionOf(newest)} does not come up; revision ${revisionOf(earlier)} has ${available} available pod(s)`;
  return [fact("spec", object, cause ? `${text}; change-cause: ${cause}` : text)];
}
