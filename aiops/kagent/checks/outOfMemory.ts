import { containerFinding, fact } from "./finding.ts";
import { containers, exits, lastExit, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

/** F03: the kernel killed the container at its memory limit. */
export const outOfMemory: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const exit = lastExit(container);
    if (exit?.reason !== "OOMKilled") return [];
    const limit = container.spec?.resources?.limits?.memory;
    return containerFinding("TF1505", container, {
      what: `${container.name} was killed for using more memory than ${limit ? `its limit of ${limit}` : "its node has"}; ${exits(container)} run(s) have ended.`,
      evidence: [
        fact(
          "status",
          podRef(container.pod, container.name),
          `last state: OOMKilled, exit code ${exit.exitCode}; restarts: ${container.status.restartCount}; memory limit: ${limit ?? "none"}`,
        ),
      ],
    });
  });
