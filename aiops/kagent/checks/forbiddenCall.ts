import { containerFinding, logEvidence } from "./finding.ts";
import { containers, logOf, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

/**
 * The API server's refusal as clients log it. Only characters of real names: the words go into a command line that
 * somebody may paste.
 */
const refusal =
  /\bis forbidden: User "([\w:.@-]+)" cannot ([a-z]+) resource "([\w./-]+)"(?: in API group "[\w.-]*")?(?: in the namespace "([\w-]+)")?/;

/** F17: a container calls the Kubernetes API, and its service account lacks the right. */
export const forbiddenCall: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const line = logOf(snapshot, container).findLast((one) => refusal.test(one));
    const [, user, verb, resource, namespace] = refusal.exec(line ?? "") ?? [];
    if (line === undefined || !user || !verb || !resource) return [];
    const account = user.replace(/^system:serviceaccount:/, "").replace(":", "/");
    return containerFinding("TF1535", container, {
      what: `${container.name} may not ${verb} ${resource}${namespace ? ` in namespace ${namespace}` : ""}: its service account ${account} has no such right.`,
      severity: container.status.ready ? "warning" : "error",
      evidence: [logEvidence(podRef(container.pod, container.name), [line])],
      values: { user, verb, resource, ...(namespace ? { namespace } : {}) },
    });
  });
