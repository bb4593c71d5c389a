import { startProblem } from "./cannotStart.ts";
import { containerFinding, fact, logEvidence } from "./finding.ts";
import { rollbackOf } from "./history.ts";
import { migrationContainer } from "./migration.ts";
import { containers, exits, keepsExiting, lastExit, logOf, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

/** F20: an init container other than the migration's fails, so the app's containers never start. */
export const initContainer: Check = (snapshot) =>
  containers(snapshot)
    .filter(({ init, name }) => init && name !== migrationContainer)
    .flatMap((container) => {
      const exit = lastExit(container);
      if (!exit || exit.reason === "OOMKilled" || startProblem(container) !== undefined) return [];
      const object = podRef(container.pod, container.name);
      return containerFinding("TF1514", container, {
        what: `init container ${container.name} ends with code ${exit.exitCode}, so the pod's app does not start; ${exits(container)} run(s) have ended.`,
        definite: keepsExiting(container),
        proposals: rollbackOf(snapshot, container),
        evidence: [
          logEvidence(object, logOf(snapshot, container)),
          fact("status", object, `${exit.reason}, exit code ${exit.exitCode}`),
        ],
      });
    });
