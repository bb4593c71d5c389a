import type { V1NetworkPolicy } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { logLine, nameErrors, timeoutIn } from "./network/complaints.ts";
import { dnsPaths, type Path, servicePaths } from "./network/paths.ts";
import {
  blocking,
  type Connection,
  type Direction,
  rulesOf,
  ruleText,
  takesPeer,
  takesPort,
} from "./network/policies.ts";
import { serviceRef, wholly } from "./network/services.ts";
import type { Workload } from "./network/workloads.ts";
import type { Proposal } from "./proposal.ts";
import type { Check, Evidence, Finding, ObjectRef, Snapshot } from "./types.ts";

/**
 * F12: NetworkPolicies leave no way for a connection that the app makes. Found by the rules alone, so it is only likely
 * (the network plugin may not enforce policies) unless a log tells of the timeout.
 */
export const networkPolicy: Check = (snapshot) => {
  const policies = snapshot.around.networkPolicies ?? [];
  if (policies.length === 0 || !wholly(snapshot, "network policies")) return [];
  const blocks = [
    ...servicePaths(snapshot).flatMap((path) => serviceBlocks(snapshot, policies, path)),
    ...dnsBlocks(snapshot, policies),
  ];
  const byPolicy = new Map<string, Block[]>();
  for (const block of blocks) {
    const name = nameOf(block.policy);
    byPolicy.set(name, [...(byPolicy.get(name) ?? []), block]);
  }
  return [...byPolicy.values()].flatMap((list) => describe(list));
};

/** One connection that is not let through, in one direction. */
interface Block {
  /** The one that comes nearest to allowing it. */
  policy: V1NetworkPolicy;
  /** Others that would have to allow it just as well. */
  others: V1NetworkPolicy[];
  direction: Direction;
  /** e.g. `from Deployment frontend to port 8000 of Service backend-service's pods`. */
  path: string;
  /** Rule that would let it through, in the API's words. */
  rule: object;
  proposal?: Proposal;
  log?: Evidence;
  /** What does not get through to what. */
  harmed: ObjectRef[];
}

function serviceBlocks(
  snapshot: Snapshot,
  policies: readonly V1NetworkPolicy[],
  { workload, target, connection }: Path,
): Block[] {
  const { name, selector, service } = target;
  const { port, protocol } = connection;
  const peer = [{ podSelector: { matchLabels: selector } }];
  const ports = [{ port, protocol }];
  const client = [{ podSelector: { matchLabels: workload.selector } }];
  return (["Egress", "Ingress"] as const).flatMap((direction): Block[] => {
    const [policy, ...others] = nearestFirst(
      blocking(policies, connection, direction),
      connection,
      direction,
    );
    if (!policy) return [];
    const log = timeoutIn(snapshot, podNames(workload), [
      name,
      service.spec?.clusterIP ?? "",
      ...connection.to.ips,
    ]);
    return [
      {
        policy,
        others,
        direction,
        path: `from ${workload.ref.kind} ${workload.ref.name} to port ${port} of Service ${name}'s pods`,
        rule: direction === "Egress" ? { to: peer, ports } : { from: client, ports },
        harmed: [serviceRef(service), workload.ref],
        ...(protocol === "TCP"
          ? {
              proposal: { action: "allowTraffic", from: { ...workload.selector }, to: { ...selector }, port },
            }
          : {}),
        ...(log ? { log } : {}),
      },
    ];
  });
}

/** Workloads that may not ask the cluster's DNS, by the policies of their own namespace. */
export function dnsBlocks(snapshot: Snapshot, policies: readonly V1NetworkPolicy[]): Block[] {
  const errors = nameErrors(snapshot).filter(({ silent }) => silent);
  return dnsPaths(snapshot).flatMap(({ workload, connection }): Block[] => {
    const [policy, ...others] = nearestFirst(blocking(policies, connection, "Egress"), connection, "Egress");
    if (!policy) return [];
    const pods = podNames(workload);
    const error = errors.find(({ log }) => pods.has(log.pod));
    const ports = ["UDP", "TCP"].map((protocol) => ({ port: 53, protocol }));
    return [
      {
        policy,
        others,
        direction: "Egress",
        path: `from ${workload.ref.kind} ${workload.ref.name} to the cluster's DNS (port 53)`,
        rule: { ports },
        harmed: [workload.ref],
        ...(error ? { log: logLine(error.log, error.line) } : {}),
      },
    ];
  });
}

const podNames = ({ pods }: Workload): Set<string> =>
  new Set(pods.map(({ metadata }) => metadata?.name ?? ""));

/** The policy to name is one with a rule that takes the other end or the port; a rule there is misspelled, not missing. */
function nearestFirst(
  policies: readonly V1NetworkPolicy[],
  connection: Connection,
  direction: Direction,
): V1NetworkPolicy[] {
  const [own, other] =
    direction === "Ingress" ? [connection.to, connection.from] : [connection.from, connection.to];
  const score = (policy: V1NetworkPolicy): number =>
    Math.max(
      0,
      ...rulesOf(policy, direction).map((rule) => {
        if (takesPeer(rule, other, own.namespace) === true) return 2;
        return takesPort(rule, connection) === true ? 1 : 0;
      }),
    );
  return [...policies].sort((a, b) => score(b) - score(a) || nameOf(a).localeCompare(nameOf(b)));
}

function describe(blocks: readonly Block[]): Finding[] {
  const [first] = blocks;
  if (!first) return [];
  const { policy } = first;
  const object = policyRef(policy);
  const directions = [...new Set(blocks.map(({ direction }) => direction))];
  const missing = blocks.map(
    ({ direction, path }) => `no ${direction.toLowerCase()} rule lets traffic through ${path}`,
  );
  const logs = blocks.flatMap(({ log }) => (log ? [log] : []));
  const others = new Map(blocks.flatMap((block) => block.others).map((one) => [nameOf(one), policyRef(one)]));
  return [
    {
      ...finding("TF1524", {
        object,
        what: `${listed([...new Set(missing)])}. A network plugin that enforces policies drops it; one that does not (such as bridge) lets it pass${logs.length > 0 ? ", but a log tells of it" : ""}.`,
        severity: logs.length > 0 ? "error" : "warning",
        definite: logs.length > 0,
        evidence: [
          ...directions.map((direction) => fact("spec", object, ruleText(policy, direction))),
          ...logs,
        ],
        fix: [...new Set(blocks.map((block) => patchLine(object, block)))],
        proposals: mending(blocks),
      }),
      affected: [...others.values()],
      blastRadius: distinct(blocks.flatMap(({ harmed }) => harmed)),
    },
  ];
}

/**
 * The one change that mends the whole finding, where there is one: a plan is undone if the finding is still there after
 * it, and of two connections that a policy blocks it could let through only one. It opens both directions.
 */
function mending(blocks: readonly Block[]): Proposal[] {
  const proposals = distinct(blocks.flatMap(({ proposal }) => (proposal ? [proposal] : [])));
  return proposals.length === 1 && blocks.every(({ proposal }) => proposal) ? proposals : [];
}

/** The first few of many: all are in the fix lines. */
function listed(sentences: readonly string[]): string {
  const more = sentences.length - 3;
  return sentences.slice(0, 3).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

/** A rule more; what is there stays. */
function patchLine({ namespace, name }: ObjectRef, { policy, direction, rule }: Block): string {
  const field = direction.toLowerCase();
  const there = rulesOf(policy, direction).length > 0;
  const patch = there
    ? { op: "add", path: `/spec/${field}/-`, value: rule }
    : { op: "add", path: `/spec/${field}`, value: [rule] };
  return `kubectl --namespace ${namespace} patch networkpolicy ${name} --type json --patch '${JSON.stringify([patch])}'`;
}

function distinct<T extends object>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

const nameOf = ({ metadata }: V1NetworkPolicy): string => metadata?.name ?? "";

const policyRef = (policy: V1NetworkPolicy): ObjectRef => ({
  kind: "NetworkPolicy",
  namespace: policy.metadata?.namespace ?? "",
  name: nameOf(policy),
});
