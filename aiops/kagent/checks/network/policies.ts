/**
 * What NetworkPolicies say about one connection, by the rules of networking.k8s.io/v1. Whether it is enforced is up to
 * the network plugin. Where something was not read (another namespace's labels, an address), the answer is "unknown",
 * never a guess.
 */
import { BlockList, isIPv6 } from "node:net";
import type {
  V1ContainerPort,
  V1IPBlock,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
  V1Pod,
} from "@kubernetes/client-node";
import { both, either, type Labels, labelText, selects, type Truth } from "./labels.ts";
import { portsOf } from "./services.ts";

export type Direction = "Ingress" | "Egress";

/** One end of a connection. */
export interface Endpoint {
  namespace: string;
  labels: Labels;
  /** Are there more labels than those given? */
  partialLabels?: boolean;
  /** Its addresses, as far as they are known. */
  ips: readonly string[];
  /** May traffic to it also show another address, such as a Service's? */
  otherIps?: boolean;
  /** The ports that its containers declare; undefined where they are not known. */
  ports?: readonly V1ContainerPort[];
}

export interface Connection {
  from: Endpoint;
  to: Endpoint;
  /** At the pod that is reached, behind the Service. */
  port: number;
  protocol: string;
}

/** A pod as an end of a connection, with its own addresses. */
export const podEndpoint = (pod: V1Pod, namespace: string): Endpoint => ({
  namespace,
  labels: pod.metadata?.labels ?? {},
  ips: (pod.status?.podIPs ?? []).map(({ ip }) => ip),
  ports: portsOf(pod),
});

/** Does the policy govern this direction? Without `policyTypes` always Ingress, and Egress if it has egress rules. */
export function governs({ spec }: V1NetworkPolicy, direction: Direction): boolean {
  const types = spec?.policyTypes;
  if (types && types.length > 0) return types.includes(direction);
  return direction === "Ingress" || (spec?.egress ?? []).length > 0;
}

export interface Verdict {
  /** All is allowed where no policy selects the pod. */
  allowed: Truth;
  /** The policies that select the pod, and so decide. */
  deciding: V1NetworkPolicy[];
}

/** What the policies say of this connection at the pod that is reached (Ingress) or that sends (Egress). */
export function verdict(
  policies: readonly V1NetworkPolicy[],
  connection: Connection,
  direction: Direction,
): Verdict {
  const subject = direction === "Ingress" ? connection.to : connection.from;
  const governing = policies.filter(
    (policy) => governs(policy, direction) && policy.metadata?.namespace === subject.namespace,
  );
  const deciding = governing.filter(
    ({ spec }) => selects(spec?.podSelector ?? {}, subject.labels, subject.partialLabels) === true,
  );
  const truths = deciding.flatMap((policy) =>
    rulesOf(policy, direction).map((rule) => allows(rule, connection, direction, subject.namespace)),
  );
  return { allowed: deciding.length === 0 ? true : either(truths), deciding };
}

/**
 * The policies that together let nothing of this connection through in that direction; none where it is allowed, or
 * where that cannot be told.
 */
export function blocking(
  policies: readonly V1NetworkPolicy[],
  connection: Connection,
  direction: Direction,
): V1NetworkPolicy[] {
  const { allowed, deciding } = verdict(policies, connection, direction);
  return allowed === false ? deciding : [];
}

/** A rule of either direction, with what it names the other end. */
export interface Rule {
  peers?: V1NetworkPolicyPeer[];
  ports?: V1NetworkPolicyPort[];
}

export function rulesOf({ spec }: V1NetworkPolicy, direction: Direction): Rule[] {
  if (direction === "Egress") return (spec?.egress ?? []).map(({ to, ports }) => rule(to, ports));
  return (spec?.ingress ?? []).map(({ _from, ports }) => rule(_from, ports));
}

const rule = (peers?: V1NetworkPolicyPeer[], ports?: V1NetworkPolicyPort[]): Rule => ({
  ...(peers ? { peers } : {}),
  ...(ports ? { ports } : {}),
});

function allows(one: Rule, connection: Connection, direction: Direction, namespace: string): Truth {
  const other = direction === "Ingress" ? connection.from : connection.to;
  return both([takesPeer(one, other, namespace), takesPort(one, connection)]);
}

/** Does the rule name this end? A rule that names none takes all. */
export function takesPeer({ peers = [] }: Rule, end: Endpoint, namespace: string): Truth {
  if (peers.length === 0) return true;
  return either(peers.map((peer) => peerIs(peer, end, namespace)));
}

function peerIs(
  { ipBlock, podSelector, namespaceSelector }: V1NetworkPolicyPeer,
  end: Endpoint,
  namespace: string,
): Truth {
  if (ipBlock) return inBlock(ipBlock, end);
  return both([
    namespaceSelector
      ? // Every namespace carries this label; its others were not read.
        selects(namespaceSelector, { "kubernetes.io/metadata.name": end.namespace }, true)
      : end.namespace === namespace,
    podSelector ? selects(podSelector, end.labels, end.partialLabels) : true,
  ]);
}

function inBlock({ cidr, except = [] }: V1IPBlock, { ips, otherIps }: Endpoint): Truth {
  if (except.length === 0 && /^(0\.0\.0\.0|::)\/0$/.test(cidr)) return true;
  const truths = ips.map((ip) => both([within(ip, cidr), ...except.map((one) => negated(within(ip, one)))]));
  // An address that is not known may lie anywhere.
  return either([...truths, ...(otherIps || ips.length === 0 ? [undefined] : [])]);
}

const negated = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

function within(ip: string, cidr: string): Truth {
  const [network = "", prefix = ""] = cidr.split("/");
  if (isIPv6(ip) !== isIPv6(network)) return false;
  const family = isIPv6(ip) ? "ipv6" : "ipv4";
  try {
    const list = new BlockList();
    list.addSubnet(network, Number(prefix), family);
    return list.check(ip, family);
  } catch {
    // The API server checks the form; a plugin may read what it let through in its own way.
    return undefined;
  }
}

/** Does the rule name this port? A rule that names none takes all. */
export function takesPort({ ports = [] }: Rule, { port, protocol, to }: Connection): Truth {
  if (ports.length === 0) return true;
  return either(
    ports.map((one): Truth => {
      if ((one.protocol ?? "TCP") !== protocol) return false;
      if (one.port === undefined || one.port === null) return true;
      if (typeof one.port === "string" && !/^\d+$/.test(one.port)) {
        // A name means the port that the pod which is reached declares under it.
        return to.ports?.some(
          (declared) =>
            declared.name === one.port &&
            declared.containerPort === port &&
            (declared.protocol ?? "TCP") === protocol,
        );
      }
      const first = Number(one.port);
      return port >= first && port <= (one.endPort ?? first);
    }),
  );
}

/** One line about a policy's rules in a direction: `ingress: from pods app=frontend on 8000/TCP; …`. */
export function ruleText(policy: V1NetworkPolicy, direction: Direction): string {
  const rules = rulesOf(policy, direction).map(({ peers = [], ports = [] }) => {
    const ends = peers.length === 0 ? "anywhere" : peers.map(peerText).join(" or ");
    return `${direction === "Ingress" ? "from" : "to"} ${ends} on ${ports.length === 0 ? "all ports" : ports.map(portText).join(", ")}`;
  });
  return `${direction.toLowerCase()}: ${rules.length === 0 ? "nothing" : rules.join("; ")}`;
}

function peerText({ ipBlock, podSelector, namespaceSelector }: V1NetworkPolicyPeer): string {
  if (ipBlock) return `addresses ${ipBlock.cidr}`;
  const pods = podSelector ? `pods ${selectorText(podSelector)}` : "all pods";
  return namespaceSelector ? `${pods} of namespaces ${selectorText(namespaceSelector)}` : pods;
}

function selectorText({
  matchLabels = {},
  matchExpressions = [],
}: NonNullable<V1NetworkPolicyPeer["podSelector"]>) {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) =>
    [key, operator, ...(values.length > 0 ? [`(${values.join(",")})`] : [])].join(" "),
  );
  return [labelText(matchLabels), ...expressions].filter(Boolean).join(",") || "(all)";
}

function portText({ port, endPort, protocol = "TCP" }: V1NetworkPolicyPort): string {
  return `${port ?? "all"}${endPort === undefined ? "" : `-${endPort}`}/${protocol}`;
}
