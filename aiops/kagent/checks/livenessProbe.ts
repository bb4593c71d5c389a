import { containerFinding, fact, logEvidence } from "./finding.ts";
import { type Container, containers, eventsOf, eventTime, lastExit, logOf, podRef } from "./pods.ts";
import type { Check, Snapshot } from "./types.ts";

/** F04: the process is there, but its liveness or startup probe fails, so the kubelet restarts it again and again. */
export const livenessProbe: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const probe = killedByProbe(snapshot, container);
    if (probe === undefined) return [];
    const object = podRef(container.pod, container.name);
    return containerFinding("TF1512", container, {
      what: `${container.name} is restarted because its ${probe.kind} probe fails: ${probe.said}`,
      evidence: [fact("event", object, probe.message), logEvidence(object, logOf(snapshot, container), 4)],
    });
  });

interface ProbeKill {
  kind: string;
  said: string;
  message: string;
}

/** The failing probe for which the kubelet ended this container's last run; undefined where it ended otherwise. */
export function killedByProbe(snapshot: Snapshot, container: Container): ProbeKill | undefined {
  const exit = lastExit(container);
  // The kubelet sends SIGTERM, later SIGKILL; a process that handles SIGTERM may exit with any code it likes.
  if (!exit?.finishedAt || exit.reason === "OOMKilled") return undefined;
  const ended = new Date(exit.finishedAt).getTime();
  for (const event of eventsOf(snapshot, container.pod, container.name).reverse()) {
    const match = /^(Liveness|Startup) probe (?:failed|errored)[^:]*: (.*)/s.exec(event.message ?? "");
    // The grace period lies between the probe's last failure and the end; a minute covers it.
    if (!match?.[1] || event.reason !== "Unhealthy" || Math.abs(ended - eventTime(event)) > 60_000) continue;
    return { kind: match[1].toLowerCase(), said: match[2] ?? "", message: event.message ?? "" };
  }
  return undefined;
}
