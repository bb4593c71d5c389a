import { keysOf, namesOf } from "./configNames.ts";
import { fact, finding } from "./finding.ts";
import { didYouMean } from "./nearest.ts";
import { component, eventsOf, eventTime, livePods, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

/** F07, F16: a volume cannot be mounted, so no container of the pod is made. */
export const volumeMount: Check = (snapshot) =>
  livePods(snapshot).flatMap((pod) => {
    const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    const creating = statuses.some(({ state }) =>
      ["ContainerCreating", "PodInitializing"].includes(state?.waiting?.reason ?? ""),
    );
    const event = eventsOf(snapshot, pod)
      .filter(({ reason }) => reason === "FailedMount" || reason === "FailedAttachVolume")
      // The kubelet's caches of a pod just bound fill within a moment; that is no fault.
      .filter(({ message }) => !/failed to sync \w+ cache/.test(message ?? ""))
      .at(-1);
    if (!creating || !event?.message) return [];
    const missing = /(secret|configmap) "([^"]+)" not found/i.exec(event.message);
    const key = /(secret|configmap) references non-existent (?:secret|config) key: (\S+)/i.exec(
      event.message,
    );
    const volume = /volume "([^"]+)"/.exec(event.message)?.[1];
    const age = snapshot.takenAt.getTime() - eventTime(event);
    const values = { component: component(pod) };
    const facts = {
      object: podRef(pod),
      // Tries repeat, so that an event that is not renewed for some minutes is over.
      definite: age < 180_000 && (event.count ?? 1) >= 3,
      evidence: [fact("event", podRef(pod), event.message)],
    };
    if (key?.[1] && key[2]) {
      const source = pod.spec?.volumes?.find(({ name }) => name === volume);
      const name =
        (key[1].toLowerCase() === "secret" ? source?.secret?.secretName : source?.configMap?.name) ?? "";
      return finding("TF1504", {
        ...facts,
        what: `the pod mounts key ${key[2]} of ${key[1]} ${name}, which has no such key${didYouMean(key[2], keysOf(snapshot, key[1], name))}.`,
        values: { ...values, kind: key[1].toLowerCase(), name },
      });
    }
    return missing?.[1] && missing[2]
      ? finding("TF1504", {
          ...facts,
          what: `the pod mounts ${missing[1]} ${missing[2]}, which does not exist${didYouMean(missing[2], namesOf(snapshot, missing[1]))}.`,
          values: { ...values, kind: missing[1].toLowerCase(), name: missing[2] },
        })
      : finding("TF1515", {
          ...facts,
          what: `a volume of the pod cannot be mounted${why(event.message)}.`,
          values,
        });
  });

function why(message: string): string {
  if (/multi-attach/i.test(message)) return ": its access mode allows one node, and another node has it";
  const claim = /persistentvolumeclaim "([^"]+)" not found/i.exec(message)?.[1];
  return claim ? `: there is no volume claim ${claim}` : "";
}
