import { aboutDatabase, databaseError, isDatabaseServer, undoDatabaseUrl } from "./databaseError.ts";
import { containerFinding, logEvidence } from "./finding.ts";
import { containers, logOf, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

/** What TaskFlow's services and their libraries say without a reason. */
const unavailable =
  /database unavailable|database cannot be reached|can't reach database|session could not be looked up|\bOperationalError\b/i;

/** An answer that needed the database. */
const answered = /\bstatus=2\d\d\b/;

/**
 * F08: an app that is ready, and whose requests fail on the database. (Readiness is latched on purpose: an outage must
 * not take every pod out of its Service.)
 */
export const databaseOutage: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    if (container.init || !container.status.ready || isDatabaseServer(container.pod)) return [];
    const lines = logOf(snapshot, container);
    // What was answered since shows that it is over.
    const since = lines.slice(lines.findLastIndex((line) => answered.test(line)) + 1);
    // Line by line, as other servers refuse connections too.
    const errors = since
      .filter((line) => aboutDatabase.test(line))
      .flatMap((line) => databaseError([line], true) ?? []);
    const vague = since.filter((line) => unavailable.test(line));
    const error = errors.at(-1);
    if (!error && vague.length === 0) return [];
    return containerFinding(error?.code ?? "TF1401", container, {
      what: `${container.name} runs, but its requests fail on the database: ${error?.why ?? "it cannot be reached"}.`,
      definite: false,
      evidence: [logEvidence(podRef(container.pod, container.name), error ? [error.line] : vague, 3)],
      proposals: error ? undoDatabaseUrl(snapshot, container) : [],
    });
  });
