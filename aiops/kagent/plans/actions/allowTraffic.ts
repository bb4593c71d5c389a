import type { Direction } from "../../checks/network/policies.ts";
import { policyPrefix } from "../allowList.ts";
import { blockedDirections, type Traffic } from "../guards/policies.ts";
import { canonical, sha256 } from "../hash.ts";
import type { NewPolicy } from "../types.ts";
import type { ActionOf } from "./types.ts";

/**
 * Adds NetworkPolicies that let traffic through which others hold back: one at the receiver, one at the sender, or both
 * where both ends hold it back. None is changed or removed.
 */
export const allowTraffic: ActionOf<"allowTraffic"> = async ({ from, to, port }, world) => {
  const traffic = { from, to, port };
  const directions = await blockedDirections(world, traffic);
  return {
    kind: "NetworkPolicy",
    policies: directions.map((direction) => policyOf(world.namespace, traffic, direction)),
    risk: "medium",
  };
};

function policyOf(namespace: string, { from, to, port }: Traffic, direction: Direction): NewPolicy {
  const ports = [{ protocol: "TCP", port }];
  const peer = (labels: Traffic["from"]) => [{ podSelector: { matchLabels: labels } }];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: {
      name: `${policyPrefix}${sha256(canonical({ from, to, port, direction })).slice(0, 10)}`,
      namespace,
      labels: { "app.kubernetes.io/managed-by": "taskflow-kagent" },
    },
    spec:
      direction === "Ingress"
        ? {
            podSelector: { matchLabels: to },
            policyTypes: [direction],
            ingress: [{ from: peer(from), ports }],
          }
        : { podSelector: { matchLabels: from }, policyTypes: [direction], egress: [{ to: peer(to), ports }] },
  };
}
