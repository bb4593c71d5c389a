import { fact, finding } from "./finding.ts";
import type { Check } from "./types.ts";

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
      evidence: [fact("status", object, condition.message)],
    });
  });
