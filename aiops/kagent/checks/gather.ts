/**
 * Takes a snapshot of a namespace's pods and what made them: a handful of bounded calls, whatever the cluster's size.
 * survey.ts looks further.
 */
import { type Api, bounded, callTimeout, reasonOf } from "./api.ts";
import { logTail } from "./podLog.ts";
import { type Container, containers, copiesKey, lastExit } from "./pods.ts";
import type { LogTail, NotChecked, Snapshot } from "./types.ts";

/** Objects of one kind: `pageSize * maxPages` at most. */
export const pageSize = 500;
const maxPages = 4;
/** Containers whose logs are read. */
const maxLogs = 12;
/** Of a container that is ready only what it wrote lately counts, in seconds; earlier trouble is over. */
const lately = 60;

export interface GatherOptions {
  /** Also read the logs of containers that are ready: an app may answer and still complain. */
  readyLogs?: boolean;
}

/**
 * Reads pods, warnings, Deployments, ReplicaSets, and the log tails of containers that are not well. What cannot be
 * read is listed in `notChecked`; the rest is there all the same.
 * @throws what the API client throws where not even the pods can be read.
 */
export async function gather(
  api: Api,
  namespace: string,
  signal?: AbortSignal,
  { readyLogs = false }: GatherOptions = {},
): Promise<Snapshot> {
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
  return { ...snapshot, logs: await readLogs(api, snapshot, readyLogs, signal) };
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
    const kind = copiesKey(container);
    // The copy that has ended says more than the one that still runs.
    if (lastExit(container)) kinds.set(kind, container);
    else if (unready && !kinds.has(kind)) kinds.set(kind, container);
  }
  return [...kinds.values()];
}

/** One container that is ready of each kind of which no other log is read. */
function readyKinds(snapshot: Snapshot, besides: readonly Container[]): Container[] {
  const kinds = new Map(
    besides.map((container) => [copiesKey(container), undefined as Container | undefined]),
  );
  for (const container of containers(snapshot)) {
    const ready = container.status.ready && container.status.state?.running && !container.init;
    if (ready && !kinds.has(copiesKey(container))) kinds.set(copiesKey(container), container);
  }
  return [...kinds.values()].filter((container) => container !== undefined);
}

async function readLogs(
  api: Api,
  snapshot: Snapshot,
  readyLogs: boolean,
  signal?: AbortSignal,
): Promise<LogTail[]> {
  const unwell = needLogs(snapshot);
  const ready = readyLogs ? readyKinds(snapshot, unwell) : [];
  const left = Math.max(0, maxLogs - unwell.length);
  if (ready.length > left) {
    snapshot.notChecked.push({
      what: `logs of ${ready.length - left} kinds of containers that are ready`,
      why: `more than ${maxLogs} logs`,
    });
  }
  const wanted = [...unwell, ...ready.slice(0, left)];
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
        const which = { pod, container: container.name, previous };
        return await logTail(api, snapshot.namespace, which, {
          ...(container.status.ready ? { sinceSeconds: lately } : {}),
          ...(signal ? { signal } : {}),
        });
      } catch (error) {
        snapshot.notChecked.push({ what: `log of ${pod}/${container.name}`, why: reasonOf(error) });
        return undefined;
      }
    }),
  );
  return tails.filter((tail) => tail !== undefined);
}
