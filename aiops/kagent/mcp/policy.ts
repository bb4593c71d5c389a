/** What the NetworkPolicies of a namespace say about traffic from one of its pods to another. */
import type { V1NetworkPolicy, V1Pod } from "@kubernetes/client-node";
import { both, either, selects, type Truth } from "../checks/network/labels.ts";
import {
  type Connection,
  type Direction,
  type Endpoint,
  governs,
  rulesOf,
  takesPeer,
  takesPort,
} from "../checks/network/policies.ts";
import { portsOf } from "../checks/network/services.ts";

export interface Verdict {
  allowed: Truth;
  /** Names of the policies that select the pod, and so decide. */
  policies: string[];
}

/** Some pod of the namespace, of which nothing more is known. */
export const anyPod = (namespace: string): Endpoint => ({
  namespace,
  labels: {},
  partialLabels: true,
  ips: [],
});

export function endpointOf(pod: V1Pod): Endpoint {
  return {
    namespace: pod.metadata?.namespace ?? "",
    labels: pod.metadata?.labels ?? {},
    ips: (pod.status?.podIPs ?? []).map(({ ip }) => ip),
    // Others may reach it through a Service's address.
    otherIps: true,
    ports: portsOf(pod),
  };
}

/** At the pod that is reached (Ingress) or that sends (Egress): all is allowed where no policy selects it. */
export function verdict(
  policies: readonly V1NetworkPolicy[],
  connection: Connection,
  direction: Direction,
): Verdict {
  const { from, to } = connection;
  const [subject, other] = direction === "Ingress" ? [to, from] : [from, to];
  const deciding = policies.filter(
    (policy) =>
      governs(policy, direction) &&
      selects(policy.spec?.podSelector ?? {}, subject.labels, subject.partialLabels) === true,
  );
  const rules = deciding.flatMap((policy) => rulesOf(policy, direction));
  const truths = rules.map((rule) =>
    both([takesPeer(rule, other, subject.namespace), takesPort(rule, connection)]),
  );
  return {
    allowed: deciding.length === 0 ? true : either(truths),
    policies: deciding.map(({ metadata }) => metadata?.name ?? "").sort(),
  };
}
