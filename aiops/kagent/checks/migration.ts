import type { V1ContainerStateTerminated } from "@kubernetes/client-node";
import type { Code } from "../codes/index.ts";
import { startProblem } from "./cannotStart.ts";
import { databaseError, undoDatabaseUrl } from "./databaseError.ts";
import { containerFinding, fact, logEvidence } from "./finding.ts";
import { rollbackOf } from "./history.ts";
import {
  containers,
  exits,
  keepsExiting,
  lastExit,
  logOf,
  podRef,
  secondsSince,
  wrongEnvironment,
} from "./pods.ts";
import type { Check } from "./types.ts";

/** The chart's name for the init container that migrates the schema. */
export const migrationContainer = "migrate";

/** A migration that runs may report trouble with the database this long, in seconds, before waiting is of no use. */
const patience = 6;

/**
 * F08, F20: the migration fails, or tries in vain. It is the first to use DATABASE_URL, so a wrong one shows here, and
 * what the database client says tells which part of it is wrong.
 */
export const migration: Check = (snapshot) =>
  containers(snapshot)
    .filter(({ init, name }) => init && name === migrationContainer)
    .flatMap((container) => {
      const { running } = container.status.state ?? {};
      const exit = lastExit(container);
      if (exit?.reason === "OOMKilled" || startProblem(container) !== undefined) return [];
      const lines = logOf(snapshot, container);
      // While it runs only its last word counts: what it complained of before may be over.
      const database = databaseError(exit ? lines : lines.slice(-1), true);
      if (!exit && !(running && database)) return [];
      const object = podRef(container.pod, container.name);
      const tries = running && secondsSince(snapshot, running.startedAt) >= patience;
      return containerFinding(database?.code ?? codeOf(exit), container, {
        what: database
          ? `the migration cannot use the database: ${database.why}.`
          : `the migration ends with code ${exit?.exitCode}; ${exits(container)} run(s) have ended.`,
        // A wrong name or password stays wrong; a server that does not answer yet gets some time.
        definite: (database && (!database.transient || tries)) || keepsExiting(container),
        proposals: database ? undoDatabaseUrl(snapshot, container) : rollbackOf(snapshot, container),
        evidence: [
          logEvidence(object, lines),
          ...(exit
            ? [
                fact(
                  "status",
                  object,
                  `${exit.reason}, exit code ${exit.exitCode}, ${exits(container)} run(s) ended`,
                ),
              ]
            : []),
        ],
      });
    });

const codeOf = (exit: V1ContainerStateTerminated | undefined): Code =>
  exit?.exitCode === wrongEnvironment ? "TF1516" : "TF1508";
