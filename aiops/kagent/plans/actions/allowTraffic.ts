import { policyPrefix } from "../allowList.ts";
import { blockedDirection } from "../guards/policies.ts";
import { canonical, sha256 } from "../hash.ts";
import type { ActionOf } from "./types.ts";

/** Adds a NetworkPolicy that lets traffic through which others hold back. None is changed or removed. */
export const allowTraffic: ActionOf<"allowTraffic"> = async ({ from, to, port }, world) => {
  const direction = await blockedDirection(world, { from, to, port });
  const ports = [{ protocol: "TCP", port }];
  const peer = (labels: Record<string, string>) => [{ podSelector: { matchLabels: labels } }];
  const name = `${policyPrefix}${sha256(canonical({ from, to, port, direction })).slice(0, 10)}`;
  const spec =
    direction === "Ingress"
      ? { podSelector: { matchLabels: to }, policyTypes: [direction], ingress: [{ from: peer(from), ports }] }
      : { podSelector: { matchLabels: from }, policyTypes: [direction], egress: [{ to: peer(to), ports }] };
  const metadata = {
    name,
    namespace: world.namespace,
    labels: { "app.kubernetes.io/managed-by": "taskflow-kagent" },
  };
  return {
    kind: "NetworkPolicy",
    name,
    body: { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec },
    risk: "medium",
  };
};
