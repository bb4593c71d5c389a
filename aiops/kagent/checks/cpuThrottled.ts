import { containerFinding, fact } from "./finding.ts";
import { type Container, containers, eventsOf, eventTime, podRef, secondsSince } from "./pods.ts";
import { probeFailure } from "./probe.ts";
import { amount, millicores } from "./quantity.ts";
import { raiseLimit } from "./raiseLimit.ts";
import type { Check, Snapshot } from "./types.ts";
import { usage } from "./usage.ts";

/** Share of the limit from which a container counts as held back; less is enough while its probes get no answer. */
const atLimit = 0.95;
const nearLimit = 0.8;
/** A start takes all the CPU there is, and is no fault: seconds from the start that are left out. */
const startUp = 30;

/** F09: the container uses all the CPU that its limit gives, so it answers late. */
export const cpuThrottled: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const limit = amount(container.spec?.resources?.limits?.cpu);
    const used = usage(snapshot, container, "cpu");
    if (!limit || used === undefined || container.init) return [];
    if (secondsSince(snapshot, container.status.state?.running?.startedAt) < startUp) return [];
    const late = lateProbe(snapshot, container);
    if (used < limit * (late === undefined ? atLimit : nearLimit)) return [];
    const object = podRef(container.pod, container.name);
    const { proposals, note } = raiseLimit(snapshot, container, "cpu", 2 * limit);
    return containerFinding("TF1530", container, {
      what: `${container.name} uses ${millicores(used)} of the ${millicores(limit)} CPU that its limit gives${late === undefined ? "" : ", and its probes get no answer in time"}${note}.`,
      severity: "warning",
      definite: late !== undefined,
      evidence: [
        fact("metric", object, `cpu ${millicores(used)}, limit ${millicores(limit)}`),
        fact("event", object, late),
      ],
      proposals,
    });
  });

/** What the kubelet said of a probe without an answer in the last two minutes. */
function lateProbe(snapshot: Snapshot, container: Container): string | undefined {
  return eventsOf(snapshot, container.pod, container.name)
    .filter((event) => snapshot.takenAt.getTime() - eventTime(event) < 120_000)
    .find((event) => probeFailure(event.message, container)?.timedOut)?.message;
}
