/** Reads log tails that the snapshot does not hold: it has only those of containers that are not well. */
import { type Api, reasonOf } from "../checks/api.ts";
import { logTail } from "../checks/podLog.ts";
import type { Snapshot } from "../checks/types.ts";
import { View } from "./view.ts";

/** Logs that one question reads. */
const most = 8;

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
      logTail(api, snapshot.namespace, log, signal ? { signal } : {}).catch((error: unknown) => {
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
