import { fact, finding } from "./finding.ts";
import type { Check } from "./types.ts";

/** [what the API server said, what that means] */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/exceeded quota/i, "the namespace's quota is used up"],
  [/violates PodSecurity/i, "the namespace's Pod Security level forbids what the pod asks for"],
  [/(maximum|minimum) (cpu|memory) usage/i, "the namespace's limit range forbids its requests or limits"],
  [
    /serviceaccount "([^"]+)" not found|error looking up service account/i,
    "its service account does not exist",
  ],
];

/** F11, F21: the ReplicaSet may not create its pods. There is no pod to look at; the ReplicaSet says why. */
export const refusedPods: Check = (snapshot) =>
  snapshot.replicaSets.flatMap((set) => {
    const condition = set.status?.conditions?.find(
      ({ type, status }) => type === "ReplicaFailure" && status === "True",
    );
    if (!condition || !set.spec?.replicas || set.metadata?.deletionTimestamp) return [];
    const object = {
      kind: "ReplicaSet",
      namespace: set.metadata?.namespace ?? "",
      name: set.metadata?.name ?? "",
    };
    const meaning = meanings.find(([pattern]) => pattern.test(condition.message ?? ""))?.[1];
    return finding("TF1510", {
      object,
      what: `the API server refuses its pods: ${meaning ?? "see its words"}.`,
      evidence: [fact("status", object, condition.message)],
    });
  });
