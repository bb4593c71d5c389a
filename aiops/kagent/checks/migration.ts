import { startProblem } from "./cannotStart.ts";
import { databaseError } from "./databaseError.ts";
import { containerFinding, fact, logEvidence } from "./finding.ts";
import { containers, exits, keepsExiting, lastExit, logOf, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

/** The chart's name for the init container that migrates the schema. */
export const migrationContainer = "migrate";

/**
 * F08, F20: the migration fails. It is the first to use DATABASE_URL, so a wrong one shows here, and what the database
 * client says tells which part of it is wrong.
 */
export const migration: Check = (snapshot) =>
  containers(snapshot)
    .filter(({ init, name }) => init && name === migrationContainer)
    .flatMap((container) => {
      const exit = lastExit(container);
      if (!exit || exit.reason === "OOMKilled" || startProblem(container) !== undefined) return [];
      const object = podRef(container.pod, container.name);
      const lines = logOf(snapshot, container);
      const database = databaseError(lines, true);
      return containerFinding(database?.code ?? "TF1508", container, {
        what: database
          ? `the migration cannot use the database: ${database.why}.`
          : `the migration ends with code ${exit.exitCode}; ${exits(container)} run(s) have ended.`,
        // A wrong name or password stays wrong; a server that does not answer yet gets a second try.
        definite: (database !== undefined && !database.transient) || keepsExiting(container),
        evidence: [
          logEvidence(object, lines),
          fact(
            "status",
            object,
            `${exit.reason}, exit code ${exit.exitCode}, ${exits(container)} run(s) ended`,
          ),
        ],
      });
    });
