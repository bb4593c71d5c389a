import { clientError, undoDatabaseUrl } from "./databaseError.ts";
import { containerFinding, fact, logEvidence } from "./finding.ts";
import { earlierServes } from "./history.ts";
import { containers, eventsOf, eventTime, logOf, podRef, secondsSince } from "./pods.ts";
import { mendProbe, probeFailure } from "./probe.ts";
import type { Check } from "./types.ts";

/**
 * A container may be unready this long, in seconds, before that is worth a word: longer while the pods that it is to
 * replace serve, less where the probe itself is wrong.
 */
const startAllowance = 10;
const rolloutAllowance = 30;
const wrongProbeAllowance = 4;
/** After this long it is taken not to become ready by itself. */
const patience = 60;

/** F04, F08: the container runs but never becomes ready; where its log says that the database is why, that is said. */
export const readinessProbe: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const { running } = container.status.state ?? {};
    if (container.init || !running || container.status.ready) return [];
    const runs = secondsSince(snapshot, running.startedAt);
    const started = running.startedAt ? new Date(running.startedAt).getTime() : 0;
    // Liveness is another check's matter, and what was said of an earlier run is over.
    const [event, failure] = eventsOf(snapshot, container.pod, container.name)
      .filter((one) => eventTime(one) >= started)
      .map((one) => [one, probeFailure(one.message, container)] as const)
      .filter(([, one]) => one !== undefined && one.kind !== "liveness")
      .at(-1) ?? [undefined, undefined];
    if (!event || !failure) return [];
    const lines = logOf(snapshot, container);
    const database = failure.misconfigured ? undefined : clientError(container, lines);
    const allowance = earlierServes(snapshot, container.pod) ? rolloutAllowance : startAllowance;
    const certain = failure.misconfigured || (database && !database.transient);
    if (runs < (certain ? wrongProbeAllowance : allowance)) return [];
    const object = podRef(container.pod, container.name);
    const why = database
      ? `it cannot use the database: ${database.why}`
      : `its ${failure.kind} probe fails: ${failure.text}`;
    return containerFinding(database?.code ?? "TF1507", container, {
      what: `${container.name} has run for ${Math.round(runs)} s without becoming ready because ${why}.`,
      // A wrong port or path does not become right by waiting; an answer such as 503 may.
      definite: certain || runs >= patience,
      evidence: [fact("event", object, event.message), logEvidence(object, lines, 4)],
      proposals: database ? undoDatabaseUrl(snapshot, container) : mendProbe(snapshot, container, failure),
    });
  });
