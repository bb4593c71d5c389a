import { containerFinding, fact, logEvidence } from "./finding.ts";
import { type Container, containers, eventsOf, eventTime, lastExit, logOf, podRef } from "./pods.ts";
import { mendProbe, type ProbeFailure, probeFailure } from "./probe.ts";
import type { Check, Snapshot } from "./types.ts";

/** F04: the process is there, but its liveness or startup probe fails, so the kubelet restarts it again and again. */
export const livenessProbe: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const kill = killedByProbe(snapshot, container) ?? aboutToBeKilled(snapshot, container);
    if (!kill) return [];
    const object = podRef(container.pod, container.name);
    return containerFinding("TF1512", container, {
      what: `${container.name} is restarted because its ${kill.kind} probe fails: ${kill.text}.`,
      evidence: [fact("event", object, kill.message), logEvidence(object, logOf(snapshot, container), 4)],
      proposals: mendProbe(snapshot, container, kill),
    });
  });

interface ProbeKill extends ProbeFailure {
  message: string;
}

/** The failing probe for which the kubelet ended this container's last run; undefined where it ended otherwise. */
export function killedByProbe(snapshot: Snapshot, container: Container): ProbeKill | undefined {
  const exit = lastExit(container);
  // The kubelet sends SIGTERM, later SIGKILL; a process that handles SIGTERM may exit with any code it likes.
  if (!exit?.finishedAt || exit.reason === "OOMKilled") return undefined;
  const ended = new Date(exit.finishedAt).getTime();
  // The grace period lies between the probe's last failure and the end; a minute covers it.
  return restarting(snapshot, container, (at) => Math.abs(ended - at) <= 60_000);
}

/**
 * A container that runs, and may be ready, while a liveness probe that can't succeed counts down: between two restarts
 * it looks well.
 */
function aboutToBeKilled(snapshot: Snapshot, container: Container): ProbeKill | undefined {
  const { running } = container.status.state ?? {};
  if (!running?.startedAt) return undefined;
  const started = new Date(running.startedAt).getTime();
  const now = snapshot.takenAt.getTime();
  const failing = restarting(snapshot, container, (at) => at >= started && now - at <= 60_000);
  return failing?.misconfigured && failing.kind === "liveness" ? failing : undefined;
}

function restarting(
  snapshot: Snapshot,
  container: Container,
  fits: (time: number) => boolean,
): ProbeKill | undefined {
  for (const event of eventsOf(snapshot, container.pod, container.name).reverse()) {
    const failure = probeFailure(event.message, container);
    if (!failure || failure.kind === "readiness" || event.reason !== "Unhealthy" || !fits(eventTime(event)))
      continue;
    return { ...failure, message: event.message ?? "" };
  }
  return undefined;
}
