/** What containers use now, as metrics-server says. */
import { type Container, containers, copiesKey, once } from "./pods.ts";
import { amount } from "./quantity.ts";
import type { Resource } from "./raiseLimit.ts";
import type { Snapshot } from "./types.ts";

const byContainer = once(
  ({ around }) =>
    new Map(
      (around.podMetrics ?? []).flatMap(({ metadata, containers: measured }) =>
        measured.map(({ name, usage: used }) => [`${metadata.name}/${name}`, used] as const),
      ),
    ),
);

/** In bytes or cores; undefined where it was not measured. */
export function usage(snapshot: Snapshot, { pod, name }: Container, resource: Resource): number | undefined {
  return amount(byContainer(snapshot).get(`${pod.metadata?.name}/${name}`)?.[resource]);
}

const peaks = once((snapshot) => {
  const most = new Map<string, Partial<Record<Resource, number>>>();
  for (const container of containers(snapshot)) {
    const key = copiesKey(container);
    const known = most.get(key) ?? {};
    most.set(key, {
      memory: Math.max(known.memory ?? 0, usage(snapshot, container, "memory") ?? 0),
      cpu: Math.max(known.cpu ?? 0, usage(snapshot, container, "cpu") ?? 0),
    });
  }
  return most;
});

/** The most that any pod of the same ReplicaSet uses of it in this container; 0 where nothing was measured. */
export function peak(snapshot: Snapshot, container: Container, resource: Resource): number {
  return peaks(snapshot).get(copiesKey(container))?.[resource] ?? 0;
}
