/** What the API server says of pods, read with the node's own start in mind. */

interface PodList {
  items: {
    metadata: { namespace: string; name: string };
    status: { containerStatuses?: { name: string; state?: { running?: { startedAt: string } } }[] };
  }[];
}

/**
 * Containers said to run since before the node started, as `namespace/pod`: they ended with the last boot. Pure.
 * @param json of `kubectl get pods --output json`.
 * @param startedAt milliseconds since 1970; Kubernetes counts whole seconds, so the one it fell into is allowed.
 */
export function staleContainers(json: string, startedAt: number): string[] {
  const boot = Math.floor(startedAt / 1000) * 1000;
  return (JSON.parse(json) as PodList).items
    .filter(({ status }) =>
      status.containerStatuses?.some(
        ({ state }) => state?.running && Date.parse(state.running.startedAt) < boot,
      ),
    )
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}
