import type { V1ContainerStateTerminated } from "@kubernetes/client-node";
import { containerFinding, fact } from "./finding.ts";
import { type Container, containers, exits, lastExit, podRef, secondsSince } from "./pods.ts";
import { amount } from "./quantity.ts";
import { raiseLimit } from "./raiseLimit.ts";
import type { Check, Snapshot } from "./types.ts";
import { peak } from "./usage.ts";

/** A container that is well again is worth a word this long, in seconds, after it was killed. */
const recent = 600;
/** Room above the most that was seen. */
const headroom = 1.5;

/** F03: the kernel killed the container at its memory limit. A warning where it is ready again: the next kill comes. */
export const outOfMemory: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const kill = killed(snapshot, container);
    if (!kill) return [];
    const limit = container.spec?.resources?.limits?.memory;
    const most = Math.max(amount(limit) ?? 0, peak(snapshot, container, "memory"));
    const { proposals, note } = raiseLimit(snapshot, container, "memory", headroom * most);
    return containerFinding("TF1505", container, {
      what: `${container.name} was killed for using more memory than ${limit ? `its limit of ${limit}` : "its node has"}; ${exits(container)} run(s) have ended${note}.`,
      severity: container.status.ready ? "warning" : "error",
      definite: !container.status.ready,
      evidence: [
        fact(
          "status",
          podRef(container.pod, container.name),
          `last state: OOMKilled, exit code ${kill.exitCode}; restarts: ${container.status.restartCount}; memory limit: ${limit ?? "none"}`,
        ),
      ],
      proposals,
    });
  });

function killed(snapshot: Snapshot, container: Container): V1ContainerStateTerminated | undefined {
  const { ready, lastState } = container.status;
  const last = lastExit(container) ?? (ready ? lastState?.terminated : undefined);
  if (last?.reason !== "OOMKilled") return undefined;
  return ready && secondsSince(snapshot, last.finishedAt) > recent ? undefined : last;
}
