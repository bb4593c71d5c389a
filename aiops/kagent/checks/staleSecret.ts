import { writtenAt } from "./configNames.ts";
import { clientError, isDatabaseServer } from "./databaseError.ts";
import { containerFinding, fact, logEvidence } from "./finding.ts";
import { deploymentNameOf, setOf } from "./history.ts";
import { type Container, containers, logOf, podRef } from "./pods.ts";
import type { Check, Snapshot } from "./types.ts";

/** Signs that a secret value is not the right one: PostgreSQL's, TaskFlow's own two services', an API's. */
const refused =
  /\b28P01\b|password authentication failed|does not accept the password|BETTER_AUTH_SECRET must be the same|invalid_api_key|incorrect api key/i;

/**
 * F24: variables from a Secret are read when a container starts. One that runs since before the Secret was changed still
 * has the old value, and its log shows that it is refused.
 */
export const staleSecret: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const started = container.status.state?.running?.startedAt;
    if (!started || container.init || isDatabaseServer(container.pod)) return [];
    const line = logOf(snapshot, container).findLast(
      (one) => refused.test(one) || clientError(container, [one])?.code === "TF1414",
    );
    if (line === undefined) return [];
    const changed = changedSince(snapshot, container, new Date(started));
    if (!changed) return [];
    const object = podRef(container.pod, container.name);
    const deployment = deploymentNameOf(setOf(snapshot, container.pod));
    return containerFinding("TF1542", container, {
      what: `${container.name} runs with old values of Secret ${changed.name}: the Secret was changed after the container started, and what it has is refused.`,
      evidence: [
        logEvidence(object, [line]),
        fact(
          "spec",
          { kind: "Secret", namespace: snapshot.namespace, name: changed.name },
          `changed at ${changed.at.toISOString()}; the container started at ${new Date(started).toISOString()}`,
        ),
      ],
      values: { name: deployment ?? "" },
      proposals: deployment === undefined ? [] : [{ action: "rolloutRestart", deployment }],
    });
  });

/** The last written of the Secrets in the container's environment, if that was after it started. */
function changedSince(snapshot: Snapshot, { spec }: Container, started: Date) {
  const read = new Set([
    ...(spec?.env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ...(spec?.envFrom ?? []).map(({ secretRef }) => secretRef?.name),
  ]);
  return (snapshot.around.secrets ?? [])
    .filter(({ name }) => name !== undefined && read.has(name))
    .map((secret) => ({ name: secret.name ?? "", at: writtenAt(secret) }))
    .filter((one): one is { name: string; at: Date } => one.at !== undefined && one.at > started)
    .sort((a, b) => b.at.getTime() - a.at.getTime())
    .at(0);
}
