/**
 * When does a NetworkPolicy only add? Pods that no policy selects take everything; the first that selects them shuts
 * out all that it does not allow. So a policy may be added only for pods that others already hold in.
 */
import type { V1NetworkPolicy, V1Pod } from "@kubernetes/client-node";
import { hasAll, type Labels, labelText, selects } from "../../checks/network/labels.ts";
import {
  blocking,
  type Direction,
  type Endpoint,
  governs,
  podEndpoint,
} from "../../checks/network/policies.ts";
import { TaskFlowError } from "../../codes/index.ts";
import type { World } from "../actions/types.ts";
import { listAll } from "./lists.ts";

export interface Traffic {
  from: Labels;
  to: Labels;
  /** TCP. */
  port: number;
}

/**
 * The directions in which policies of the namespace hold the traffic back: it needs to be let through in each.
 * @throws TaskFlowError TF1725 where a new policy would not help or not only add, TF1716 (no such pods), TF1724.
 */
export async function blockedDirections(world: World, traffic: Traffic): Promise<Direction[]> {
  const [policies, pods] = await Promise.all([
    listAll(world, "network policies", (page, options) =>
      world.api.networking.listNamespacedNetworkPolicy(page, options),
    ),
    listAll(world, "pods", (page, options) => world.api.core.listNamespacedPod(page, options)),
  ]);
  const senders = chosen(world, pods, traffic.from);
  const receivers = chosen(world, pods, traffic.to);
  const blocked = (direction: Direction) =>
    senders.some((from) =>
      receivers.some((to) => {
        const connection = { from, to, port: traffic.port, protocol: "TCP" };
        return blocking(policies, connection, direction).length > 0;
      }),
    );
  const refuse = (why: string) =>
    new TaskFlowError("TF1725", {
      what: `traffic from ${labelText(traffic.from)} to ${labelText(traffic.to)}, port ${traffic.port}: ${why}`,
      values: { namespace: world.namespace },
    });
  const directions = (["Ingress", "Egress"] as const).filter(blocked);
  if (directions.length === 0) throw refuse("no policy of this namespace surely holds it back");
  for (const direction of directions) {
    const ends = direction === "Ingress" ? receivers : senders;
    if (!ends.every((end) => policies.some((policy) => isolates(policy, direction, end)))) {
      throw refuse(`some of the pods are free in ${direction.toLowerCase()}; it would shut out all else`);
    }
  }
  return directions;
}

const isolates = (policy: V1NetworkPolicy, direction: Direction, { labels }: Endpoint): boolean =>
  governs(policy, direction) && selects(policy.spec?.podSelector ?? {}, labels) === true;

/** The pods that are meant. */
function chosen(world: World, pods: readonly V1Pod[], wanted: Labels): Endpoint[] {
  const found = pods.filter(({ metadata }) => hasAll(metadata?.labels ?? {}, wanted));
  if (found.length > 0) return found.map((pod) => podEndpoint(pod, world.namespace));
  throw new TaskFlowError("TF1716", {
    what: `namespace ${world.namespace} has no pods with ${labelText(wanted)}`,
    values: { namespace: world.namespace },
  });
}
