/** Waits for a rollout, and stops waiting as soon as it is certain to fail. */
import { setTimeout as sleep } from "node:timers/promises";
import { codes, fillFix, TaskFlowError } from "../codes/index.ts";
import { type Api, aimed, type ClusterAccess, connect, reasonOf, statusOf } from "./api.ts";
import { fact, finding } from "./finding.ts";
import { gather } from "./gather.ts";
import { diagnose } from "./index.ts";
import { complete, currentOnly, progress } from "./rollout.ts";
import type { Finding, Snapshot } from "./types.ts";

export interface RolloutRequest extends ClusterAccess {
  namespace: string;
  /** Names of the Deployments to wait for. */
  deployments: readonly string[];
  /** Milliseconds after which the wait ends without a result. */
  timeout: number;
  signal?: AbortSignal;
  /** Receives a line each time the state changes. */
  report?: (line: string) => void;
}

export interface RolloutResult {
  complete: boolean;
  /** What holds it up, root causes first; empty when complete. */
  findings: Finding[];
  /** Milliseconds. */
  elapsed: number;
}

/** Milliseconds between two looks. */
const interval = 500;
/** A definite fault must show in two looks this far apart: between two writes a state can look worse than it is. */
const confirmAfter = 1_000;
/** The API server may be silent this long, e.g. while it restarts. */
const silence = 10_000;

/**
 * Gives pods that already fail one fresh try, then looks each half second until every Deployment is complete, something definite is in the way (about a second after the
 * pod shows it), or time is up.
 * @throws TaskFlowError TF1301 (the API does not answer for 10 s), TF1307 (it refuses the request).
 * @throws the signal's reason when aborted.
 */
export async function watchRollout(request: RolloutRequest): Promise<RolloutResult> {
  const api = connect(request);
  await retryFailingPods(api, request);
  const result = await follow(request, (signal) => gather(api, request.namespace, signal));
  const findings = result.findings.map((found) => ({ ...found, fix: aimed(found.fix, request) }));
  return { ...result, findings };
}

/** The loop itself, over any source of snapshots. */
export async function follow(
  request: RolloutRequest,
  look: (signal?: AbortSignal) => Promise<Snapshot>,
  pause: (milliseconds: number, signal?: AbortSignal) => Promise<void> = pauseFor,
  now: () => number = Date.now,
): Promise<RolloutResult> {
  const { deployments, signal, report } = request;
  const begin = now();
  let answered = begin;
  let said = "";
  /** When each definite finding was first seen. */
  let since = new Map<string, number>();
  let last: Snapshot | undefined;
  for (;;) {
    signal?.throwIfAborted();
    try {
      last = await look(signal);
      answered = now();
    } catch (error) {
      signal?.throwIfAborted();
      giveUp(request, error, now() - answered);
    }
    if (last) {
      const findings = diagnose(currentOnly(last, deployments));
      // Without a probe a container that crashes was available for a moment; that is no success. A warning is about
      // something that serves.
      if (!findings.some(({ severity }) => severity === "error") && allComplete(last, deployments)) {
        return { complete: true, findings, elapsed: now() - begin };
      }
      const line = progress(last, deployments);
      if (line !== said) report?.(line);
      said = line;
      const definite = findings.filter(({ confidence }) => confidence === "definite");
      since = new Map(definite.map((found) => [identity(found), since.get(identity(found)) ?? now()]));
      if ([...since.values()].some((first) => now() - first >= confirmAfter)) {
        return { complete: false, findings, elapsed: now() - begin };
      }
    }
    if (now() - begin >= request.timeout) {
      return { complete: false, findings: timedOut(request, last, now() - begin), elapsed: now() - begin };
    }
    await pause(interval, signal);
  }
}

async function pauseFor(milliseconds: number, signal?: AbortSignal): Promise<void> {
  // An abort cuts it short; the loop looks at the signal before anything else.
  await sleep(milliseconds, undefined, signal ? { signal } : {}).catch(() => {});
}

function allComplete(snapshot: Snapshot, names: readonly string[]): boolean {
  return names.every((name) =>
    snapshot.deployments.some((deployment) => deployment.metadata?.name === name && complete(deployment)),
  );
}

const identity = ({ code, object }: Finding): string => `${code} ${object.name} ${object.container ?? ""}`;

/** What it looks like when time is up: the likely causes, or that nothing shows why. */
function timedOut(request: RolloutRequest, last: Snapshot | undefined, elapsed: number): Finding[] {
  const found = last ? diagnose(currentOnly(last, request.deployments)) : [];
  if (found.some(({ severity }) => severity === "error")) return found;
  const object = { kind: "Namespace", namespace: request.namespace, name: request.namespace };
  const state = last ? progress(last, request.deployments) : "nothing could be read";
  return [
    finding("TF1511", {
      object,
      what: `after ${Math.round(elapsed / 1000)} s the rollout is not complete: ${state}.`,
      evidence: [fact("status", object, state)],
    }),
    ...found,
  ];
}

/** Throws when the API's refusal is final or its silence has lasted too long; returns while it may still come back. */
function giveUp(request: RolloutRequest, error: unknown, silentFor: number): void {
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    throw new TaskFlowError("TF1307", {
      what: `reading pods in ${request.namespace} through context ${request.context}: ${reasonOf(error)}`,
      fix: aimed(fillFix(codes.TF1307.fix, { namespace: request.namespace }), request),
      cause: error,
    });
  }
  if (silentFor < silence) return;
  throw new TaskFlowError("TF1301", {
    what: `the API of context ${request.context} has not answered for ${Math.round(silentFor / 1000)} s: ${reasonOf(error)}`,
    cause: error,
  });
}

/**
 * Deletes the pods of the current templates that show something definite; their ReplicaSets replace them. What they show
 * may be old: after repeated failures the kubelet waits up to five minutes before it tries again, and a cause that was
 * mended outside the cluster would go unnoticed as long.
 * @returns the names of the pods deleted; none where the API does not answer.
 */
export async function retryFailingPods(
  api: Api,
  { namespace, deployments, signal, report }: Omit<RolloutRequest, "timeout">,
): Promise<string[]> {
  const seen = await gather(api, namespace, signal).catch(() => undefined);
  if (!seen) return [];
  const names = diagnose(currentOnly(seen, deployments))
    .filter(({ confidence }) => confidence === "definite")
    .flatMap(({ object, affected }) => [object, ...affected])
    .filter(({ kind }) => kind === "Pod")
    .map(({ name }) => name);
  const pods = [...new Set(names)];
  for (const name of pods) {
    report?.(`pod ${name} already failed: it is made anew`);
    await api.core.deleteNamespacedPod({ name, namespace }).catch((error: unknown) => {
      // Gone already, e.g. replaced by a new rollout: as wanted.
      if (statusOf(error) !== 404) throw error;
    });
  }
  return pods;
}

/** The error for a rollout that did not complete: the first finding, with its evidence, and how many there are more. */
export function rolloutError(findings: readonly Finding[]): TaskFlowError {
  const [first, ...more] = findings;
  if (!first) throw new Error("a rollout that failed has at least one finding");
  const others = more.filter(({ causedBy }) => !causedBy).length;
  return new TaskFlowError(first.code, {
    what: `${first.object.kind.toLowerCase()} ${first.object.name}: ${first.what}${others > 0 ? ` (and ${others} more finding${others === 1 ? "" : "s"}; npm run diagnose)` : ""}`,
    detail: first.evidence.flatMap(({ excerpt }) => excerpt.split("\n")),
    fix: first.fix,
  });
}
