/** Reads log tails that the snapshot does not hold: it has only those of containers that are not well. */
import { type Api, bounded, reasonOf } from "../checks/api.ts";
import { callTimeout } from "../checks/gather.ts";
import { cleanTail } from "../checks/text.ts";
import type { LogTail, Snapshot } from "../checks/types.ts";
import { View } from "./view.ts";

const lines = 60;
const bytes = 256 * 1024;
/** Logs that one question reads. */
const most = 8;

/** @throws what the API client throws. */
export async function readTail(
  api: Api,
  namespace: string,
  { pod, container, previous }: Omit<LogTail, "lines">,
  signal?: AbortSignal,
): Promise<LogTail> {
  const text = await api.core.readNamespacedPodLog(
    { name: pod, namespace, container, previous, tailLines: lines, limitBytes: bytes },
    bounded(callTimeout, signal),
  );
  return { pod, container, previous, lines: cleanTail(text ?? "", lines) };
}

/** The snapshot with the logs of a component's app containers, or of all; what could not be read is in `notChecked`. */
export async function withLogs(
  api: Api,
  snapshot: Snapshot,
  component: string | undefined,
  signal?: AbortSignal,
): Promise<Snapshot> {
  const has = new Set(snapshot.logs.map(({ pod, container }) => `${pod}/${container}`));
  const wanted = new View(snapshot, [], component).pods.flatMap(({ metadata, spec }) =>
    (spec?.containers ?? [])
      .map(({ name }) => ({ pod: metadata?.name ?? "", container: name, previous: false }))
      .filter(({ pod, container }) => !has.has(`${pod}/${container}`)),
  );
  const notChecked = wanted
    .slice(most)
    .map(({ pod, container }) => ({ what: `log of ${pod}/${container}`, why: `more than ${most} logs` }));
  const tails = await Promise.all(
    wanted.slice(0, most).map((log) =>
      readTail(api, snapshot.namespace, log, signal).catch((error: unknown) => {
        signal?.throwIfAborted();
        notChecked.push({ what: `log of ${log.pod}/${log.container}`, why: reasonOf(error) });
        return undefined;
      }),
    ),
  );
  return {
    ...snapshot,
    logs: [...snapshot.logs, ...tails.filter((tail) => tail !== undefined)],
    notChecked: [...snapshot.notChecked, ...notChecked],
  };
}
