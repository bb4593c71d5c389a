/**
 * Takes a snapshot of a namespace's pods and what made them: a handful of bounded calls, whatever the cluster's size.
 * survey.ts looks further.
 */
import { type Api, bounded, reasonOf } from "./api.ts";
import { type Container, containers, lastExit, ownerUid } from "./pods.ts";
import { cleanTail } from "./text.ts";
import type { LogTail, NotChecked, Snapshot } from "./types.ts";

/** Milliseconds for one call. */
export const callTimeout = 5_000;
/** Objects of one kind: `pageSize * maxPages` at most. */
export const pageSize = 500;
const maxPages = 4;
/** Containers whose logs are read, and how much of each. */
const maxLogs = 12;
const logLines = 60;
const logBytes = 256 * 1024;

/**
 * Reads pods, warnings, Deployments, ReplicaSets, and the log tails of containers that are not well. What cannot be
 * read is listed in `notChecked`; the rest is there all the same.
 * @throws what the API client throws where not even the pods can be read.
 */
export async function gather(api: Api, namespace: string, signal?: AbortSignal): Promise<Snapshot> {
  const notChecked: NotChecked[] = [];
  const options = () => bounded(callTimeout, signal);
  const optional = <T>(what: string, call: Promise<T[]>): Promise<T[]> =>
    call.catch((error: unknown) => {
      notChecked.push({ what, why: reasonOf(error) });
      return [];
    });
  const page = { namespace, limit: pageSize };
  const [pods, events, deployments, replicaSets] = await Promise.all([
    all("pods", (next) => api.core.listNamespacedPod({ ...page, ...next }, options()), notChecked),
    optional(
      "events",
      all(
        "events",
        (next) =>
          api.core.listNamespacedEvent({ ...page, ...next, fieldSelector: "type=Warning" }, options()),
        notChecked,
      ),
    ),
    optional(
      "deployments",
      all(
        "deployments",
        (next) => api.apps.listNamespacedDeployment({ ...page, ...next }, options()),
        notChecked,
      ),
    ),
    optional(
      "replica sets",
      all(
        "replica sets",
        (next) => api.apps.listNamespacedReplicaSet({ ...page, ...next }, options()),
        notChecked,
      ),
    ),
  ]);
  const snapshot = {
    namespace,
    takenAt: new Date(),
    pods,
    events,
    deployments,
    replicaSets,
    logs: [],
    around: {},
    notChecked,
  };
  return { ...snapshot, logs: await readLogs(api, snapshot, signal) };
}

export interface Page<T> {
  items: T[];
  metadata?: { _continue?: string };
}

/** Follows a list's pages up to the limit; says so when there would be more. */
export async function all<T>(
  what: string,
  list: (next: { _continue?: string }) => Promise<Page<T>>,
  notChecked: NotChecked[],
): Promise<T[]> {
  const items: T[] = [];
  let next: string | undefined;
  for (let count = 0; count < maxPages; count++) {
    const page = await list(next === undefined ? {} : { _continue: next });
    items.push(...page.items);
    next = page.metadata?._continue || undefined;
    if (next === undefined) return items;
  }
  notChecked.push({ what, why: `only the first ${items.length} were read` });
  return items;
}

/**
 * Which containers' logs can explain something: those that ended badly, do not become ready or keep the app from
 * starting; one of each kind.
 */
export function needLogs(snapshot: Snapshot): Container[] {
  const kinds = new Map<string, Container>();
  for (const container of containers(snapshot)) {
    const { running } = container.status.state ?? {};
    const unready = running && (container.init || !container.status.ready);
    const kind = `${ownerUid(container.pod)}/${container.name}`;
    // The copy that has ended says more than the one that still runs.
    if (lastExit(container)) kinds.set(kind, container);
    else if (unready && !kinds.has(kind)) kinds.set(kind, container);
  }
  return [...kinds.values()];
}

async function readLogs(api: Api, snapshot: Snapshot, signal?: AbortSignal): Promise<LogTail[]> {
  const wanted = needLogs(snapshot);
  for (const { pod, name } of wanted.slice(maxLogs)) {
    snapshot.notChecked.push({
      what: `log of ${pod.metadata?.name}/${name}`,
      why: `more than ${maxLogs} logs`,
    });
  }
  const tails = await Promise.all(
    wanted.slice(0, maxLogs).map(async (container): Promise<LogTail | undefined> => {
      const pod = container.pod.metadata?.name ?? "";
      // Between two runs the kubelet gives the last one's log without being asked for the previous.
      const previous = Boolean(container.status.state?.running && lastExit(container));
      try {
        const text = await api.core.readNamespacedPodLog(
          {
            name: pod,
            namespace: snapshot.namespace,
            container: container.name,
            previous,
            tailLines: logLines,
            limitBytes: logBytes,
          },
          bounded(callTimeout, signal),
        );
        return { pod, container: container.name, previous, lines: cleanTail(text ?? "", logLines) };
      } catch (error) {
        snapshot.notChecked.push({ what: `log of ${pod}/${container.name}`, why: reasonOf(error) });
        return undefined;
      }
    }),
  );
  return tails.filter((tail) => tail !== undefined);
}
