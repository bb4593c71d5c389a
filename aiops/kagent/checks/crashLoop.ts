import { architecture, startProblem, wrongFormat } from "./cannotStart.ts";
import { clientError, undoDatabaseUrl } from "./databaseError.ts";
import { containerFinding, fact, logEvidence } from "./finding.ts";
import { rollbackOf } from "./history.ts";
import { killedByProbe } from "./livenessProbe.ts";
import {
  type Container,
  containers,
  exits,
  keepsExiting,
  lastExit,
  logOf,
  podRef,
  secondsSince,
  wrongEnvironment,
} from "./pods.ts";
import type { Check, Snapshot } from "./types.ts";

/** What exit codes mean that a process did not choose itself. */
const exitMeanings: Readonly<Record<number, string>> = {
  0: "ended as if its work were done",
  126: "its command may not be executed",
  127: "its command does not exist",
  134: "it aborted (SIGABRT)",
  137: "it was killed (SIGKILL)",
  139: "it made a memory access fault (SIGSEGV)",
  143: "it was asked to stop (SIGTERM)",
  [wrongEnvironment]: "its environment is wrong",
};

/** F01, F08: an app container exits soon after each start. Its own last lines are the evidence. */
export const crashLoop: Check = (snapshot) =>
  containers(snapshot)
    .filter((container) => !container.init && crashes(snapshot, container))
    .map((container) => {
      const exit = lastExit(container);
      const object = podRef(container.pod, container.name);
      const lines = logOf(snapshot, container);
      const refuses = exit?.exitCode === wrongEnvironment;
      // It names every variable that is wrong; the database's may be only one of them.
      const database = refuses ? undefined : clientError(container, lines);
      const format = lines.slice(-3).find((line) => wrongFormat.test(line));
      const meaning = exitMeanings[exit?.exitCode ?? -1];
      const code = format ? "TF1513" : (database?.code ?? (refuses ? "TF1516" : "TF1501"));
      return containerFinding(code, container, {
        what: format
          ? `${container.name} cannot start: its program is for another CPU architecture than the node's${architecture(snapshot, container, format)}.`
          : database
            ? `${container.name} exits at its start: ${database.why}.`
            : `${container.name} exits soon after its start with code ${exit?.exitCode}${meaning ? `: ${meaning}` : ""}; ${exits(container)} run(s) have ended.`,
        // What a program refuses at its start it refuses again.
        definite: refuses || keepsExiting(container) || format !== undefined,
        proposals: database ? undoDatabaseUrl(snapshot, container) : rollbackOf(snapshot, container),
        evidence: [
          logEvidence(object, lines),
          fact(
            "status",
            object,
            `${exit?.reason}, exit code ${exit?.exitCode}, ${exits(container)} run(s) ended ${exit?.message ?? ""}`,
          ),
        ],
      });
    });

/** Ended, and neither for a reason of its own check nor well again for some seconds. */
function crashes(snapshot: Snapshot, container: Container): boolean {
  const exit = lastExit(container);
  if (!exit || exit.reason === "OOMKilled" || startProblem(container) !== undefined) return false;
  if (killedByProbe(snapshot, container) !== undefined) return false;
  // The container of a Job that has done its part.
  if (exit.exitCode === 0 && (container.pod.spec?.restartPolicy ?? "Always") !== "Always") return false;
  const { running } = container.status.state ?? {};
  return !running || (keepsExiting(container) && secondsSince(snapshot, running.startedAt) < 15);
}
