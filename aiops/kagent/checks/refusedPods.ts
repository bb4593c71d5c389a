import type { V1Container, V1ReplicaSet } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { deploymentNameOf, rollback } from "./history.ts";
import { didYouMean } from "./nearest.ts";
import { eventTime } from "./pods.ts";
import type { Proposal } from "./proposal.ts";
import { amount } from "./quantity.ts";
import { cleanLine } from "./text.ts";
import type { Check, Finding, Snapshot } from "./types.ts";

/** A controller tries again and again; an event that was not renewed for this long, in milliseconds, is over. */
const renewed = 10 * 60_000;

/**
 * F11, F17, F21: the controller may not create its pods. There is no pod to look at; a ReplicaSet says why in its status,
 * the other controllers in events.
 */
export const refusedPods: Check = (snapshot) => [
  ...snapshot.replicaSets.flatMap((set) => {
    const condition = set.status?.conditions?.find(
      ({ type, status }) => type === "ReplicaFailure" && status === "True",
    );
    if (!condition || !set.spec?.replicas || set.metadata?.deletionTimestamp) return [];
    const proposals = [...lowerLimits(snapshot, set, condition.message ?? ""), ...rollback(snapshot, set)];
    return refused(snapshot, "ReplicaSet", set.metadata?.name ?? "", "status", condition.message, proposals);
  }),
  ...otherControllers(snapshot),
];

function otherControllers(snapshot: Snapshot): Finding[] {
  const latest = new Map<string, Finding>();
  for (const event of snapshot.events) {
    const { kind = "", name = "" } = event.involvedObject;
    const recent = snapshot.takenAt.getTime() - eventTime(event) < renewed;
    if (event.reason !== "FailedCreate" || !recent || !/^(StatefulSet|DaemonSet|Job)$/.test(kind)) continue;
    latest.set(`${kind}/${name}`, refused(snapshot, kind, name, "event", event.message));
  }
  return [...latest.values()];
}

function refused(
  snapshot: Snapshot,
  kind: string,
  name: string,
  source: "status" | "event",
  message = "",
  proposals: Proposal[] = [],
): Finding {
  const object = { kind, namespace: snapshot.namespace, name };
  return finding("TF1510", {
    object,
    what: `the API server refuses its pods: ${meaning(snapshot, cleanLine(message, 1_000))}.`,
    evidence: [fact(source, object, message)],
    proposals,
  });
}

/** What admission said, in words that name the quota, range, rule or account. */
function meaning(snapshot: Snapshot, said: string): string {
  const quota = /exceeded quota: ([^,\s]+), requested: (.*), used: (.*), limited: (.*)/.exec(said);
  if (quota) {
    const [, name, requested, used, limited] = quota;
    return `the namespace's quota ${name} is used up (requested ${requested}; used ${used}; limited to ${limited})`;
  }
  const unsaid = /failed quota: ([^:\s]+): must specify ([\w.,/-]+)/.exec(said);
  if (unsaid) return `the namespace's quota ${unsaid[1]} wants its pods to state ${unsaid[2]}`;
  const range = rangeRefusals(said).map(
    ({ bound, resource, type, limit, asked }) =>
      `${bound} ${resource} per ${type} is ${limit}, and it has ${asked}`,
  );
  if (range.length > 0) {
    const names = (snapshot.around.limitRanges ?? []).map(({ metadata }) => metadata?.name).join(", ");
    return `the namespace's limit range${names ? ` ${names}` : ""} forbids its requests or limits: ${range.join("; ")}`;
  }
  const level = /violates PodSecurity "([^"]+)": (.*)/.exec(said);
  if (level?.[1]) {
    const rules = (level[2] ?? "").replace(/\([^()]*(?:\([^()]*\)[^()]*)*\)/g, "").split(",");
    const broken = rules.map((rule) => rule.trim()).filter(Boolean);
    return `the namespace's Pod Security level ${level[1]} forbids what the pod asks for (${broken.join(", ")})`;
  }
  const account = /serviceaccount "([^"]+)" not found/i.exec(said)?.[1];
  if (account) {
    const names = (snapshot.around.serviceAccounts ?? []).flatMap(({ metadata }) => metadata?.name ?? []);
    return `its service account ${account} does not exist${didYouMean(account, names)}`;
  }
  if (/error looking up service account/i.test(said)) return "its service account does not exist";
  if (/exceeded quota/i.test(said)) return "the namespace's quota is used up";
  if (/admission webhook "([^"]+)" denied/.test(said)) {
    return `admission webhook ${/admission webhook "([^"]+)"/.exec(said)?.[1]} denies them`;
  }
  return "see its words";
}

/** `maximum memory usage per Container is 256Mi, but limit is 512Mi` */
function rangeRefusals(said: string) {
  const words =
    /(maximum|minimum) (cpu|memory|ephemeral-storage) usage per (Container|Pod) is ([\w.]+), but (?:limit|request) is ([\w.]+)/g;
  return [...said.matchAll(words)].map(
    ([, bound = "", resource = "", type = "", limit = "", asked = ""]) => ({
      bound,
      resource,
      type,
      limit,
      asked,
    }),
  );
}

/** Limits of containers that a limit range finds too high, brought down to what it allows. */
function lowerLimits(snapshot: Snapshot, set: V1ReplicaSet, message: string): Proposal[] {
  const deployment = deploymentNameOf(set);
  // With a revision that serves, going back to it is better than giving this one less than it asks for.
  if (deployment === undefined || rollback(snapshot, set).length > 0) return [];
  return rangeRefusals(message)
    .filter(({ bound, type }) => bound === "maximum" && type === "Container")
    .flatMap(({ resource, limit }) =>
      (set.spec?.template?.spec?.containers ?? [])
        .filter((one) => tooHigh(one, resource, limit))
        .map(
          ({ name }): Proposal => ({
            action: "patchLimits",
            deployment,
            container: name,
            limits: { [resource]: limit },
          }),
        ),
    );
}

function tooHigh({ resources }: V1Container, resource: string, most: string): boolean {
  if (resource !== "cpu" && resource !== "memory") return false;
  const allowed = amount(most) ?? 0;
  // A request above it would be refused all the same.
  if ((amount(resources?.requests?.[resource]) ?? 0) > allowed) return false;
  return (amount(resources?.limits?.[resource]) ?? 0) > allowed;
}
