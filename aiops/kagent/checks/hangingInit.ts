import { databaseError } from "./databaseError.ts";
import { containerFinding, fact, logEvidence } from "./finding.ts";
import { rollbackOf } from "./history.ts";
import { migrationContainer } from "./migration.ts";
import { type Container, containers, lastExit, logOf, podRef, secondsSince } from "./pods.ts";
import type { Check, Snapshot } from "./types.ts";

/** Init containers end within this, in seconds, as a rule; a migration of much data takes longer. */
const allowance = 30;
const migrationAllowance = 120;

/** F20: an init container runs on and on, as one that waits for something that never comes. */
export const hangingInit: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const { running } = container.status.state ?? {};
    if (!container.init || !running || lastExit(container)) return [];
    const runs = secondsSince(snapshot, running.startedAt);
    const migrates = container.name === migrationContainer;
    const lines = logOf(snapshot, container);
    const database = databaseError(lines.slice(-3), migrates);
    // The migration's trouble with the database has a check of its own.
    if (runs < (migrates ? migrationAllowance : allowance) || (migrates && database)) return [];
    const object = podRef(container.pod, container.name);
    const host = waitsFor(container);
    const absent =
      host !== undefined && snapshot.around.services !== undefined && !hasService(snapshot, host);
    const what = database
      ? `it cannot use the database: ${database.why}`
      : host === undefined
        ? "the pod's app starts only after it"
        : `it waits for "${host}"${absent ? ", and there is no Service of that name" : ""}`;
    return containerFinding(database?.code ?? "TF1536", container, {
      what: `init container ${container.name} has run for ${Math.round(runs)} s and does not end: ${what}.`,
      definite: absent,
      evidence: [logEvidence(object, lines, 4), fact("spec", object, `command: ${commandOf(container)}`)],
      proposals: rollbackOf(snapshot, container),
    });
  });

const commandOf = ({ spec }: Container): string =>
  [...(spec?.command ?? []), ...(spec?.args ?? [])].join(" ");

/** The host of the usual waiting loops: `until nslookup mydb`, `nc -z db 5432`, `wget http://api:8000/`. */
export function waitsFor(container: Container): string | undefined {
  const words =
    /\b(?:nslookup|getent hosts|pg_isready(?: -\w+)*? -h|(?:nc|ping)(?: -\w+(?: \d+)?)*)\s+([a-z][a-z0-9.-]*)|\bhttps?:\/\/([a-z][a-z0-9.-]*)/;
  const match = words.exec(commandOf(container));
  return match?.[1] ?? match?.[2];
}

function hasService({ around, namespace }: Snapshot, host: string): boolean {
  const [name, space] = host.split(".");
  // A name of another namespace, or outside the cluster, is not ours to judge.
  if (space !== undefined && space !== namespace) return true;
  return around.services?.some(({ metadata }) => metadata?.name === name) ?? true;
}
