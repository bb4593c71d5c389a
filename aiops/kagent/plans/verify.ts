/** Did the change help? Looks again and again, with the same checks that found the fault. */

import { reasonOf } from "../checks/api.ts";
import { diagnose } from "../checks/index.ts";
import { complete, currentOnly } from "../checks/rollout.ts";
import type { Finding, Snapshot } from "../checks/types.ts";
import { faultKey } from "./subject.ts";
import type { Plan } from "./types.ts";

/** One look at a namespace. */
export interface Look {
  snapshot: Snapshot;
  findings: Finding[];
}
export type Examine = (namespace: string, signal?: AbortSignal) => Promise<Look>;

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  pause(milliseconds: number): Promise<void>;
}

/** What was known before the change. */
export interface Before {
  /** Key of the fault that is to go away. */
  fault: string;
  /** Keys of all errors. */
  errors: ReadonlySet<string>;
  /** What could not be looked at. */
  notChecked: ReadonlySet<string>;
}

export interface Verdict {
  better: boolean;
  /** For people. */
  why: string;
}

export interface VerifyTimes {
  /** Milliseconds until it must be better. A rollout with migrations takes well below a minute here. */
  deadline: number;
  /** It must stay better this long: without a probe a container that crashes looks well for a moment. */
  steady: number;
  /** What is certainly worse for this long will not get better. */
  confirm: number;
  /** Between two looks. */
  interval: number;
}
export const verifyTimes: VerifyTimes = {
  deadline: 180_000,
  steady: 5_000,
  confirm: 5_000,
  interval: 2_000,
};

export function before(look: Look, fault: string): Before {
  const errors = look.findings.filter(({ severity }) => severity === "error");
  return {
    fault,
    errors: new Set(errors.map((found) => faultKey(look.snapshot, found))),
    notChecked: new Set(look.snapshot.notChecked.map(({ what }) => what)),
  };
}

/**
 * Looks until the fault is gone, nothing new is wrong and the rollout is complete, all for a while; or until it is
 * certain that this will not come, or time is up. What can't be looked at counts as not better.
 */
export async function verify(
  plan: Plan,
  known: Before,
  examine: Examine,
  clock: Clock,
  times: VerifyTimes = verifyTimes,
): Promise<Verdict> {
  const begin = clock.now();
  let well: number | undefined;
  let worse: number | undefined;
  let why = "";
  for (;;) {
    let hopeless = false;
    try {
      const look = await examine(plan.namespace);
      why = lacking(plan, known, look) ?? "";
      hopeless = certainlyWorse(plan, known, look);
    } catch (error) {
      why = `nothing can be seen: ${reasonOf(error)}`;
    }
    const now = clock.now();
    well = why === "" ? (well ?? now) : undefined;
    worse = hopeless ? (worse ?? now) : undefined;
    if (well !== undefined && now - well >= times.steady) {
      return { better: true, why: `${known.fault} is gone, nothing new is wrong` };
    }
    if (worse !== undefined && now - worse >= times.confirm) return { better: false, why };
    if (now - begin >= times.deadline) {
      const seconds = Math.round((now - begin) / 1000);
      return { better: false, why: `after ${seconds} s: ${why || "it was not well long enough"}` };
    }
    await clock.pause(times.interval);
  }
}

/** What is missing from "better"; undefined where nothing is. */
function lacking(plan: Plan, known: Before, { snapshot, findings }: Look): string | undefined {
  const keys = findings.map((found) => faultKey(snapshot, found));
  if (keys.includes(known.fault)) return `${known.fault} is still there`;
  const fresh = findings.filter(
    (found) => found.severity === "error" && !known.errors.has(faultKey(snapshot, found)),
  );
  if (fresh.length > 0) return `new: ${fresh.map((found) => faultKey(snapshot, found)).join(", ")}`;
  // A check that can't see its objects finds nothing, which is not the same as nothing being wrong.
  const blind = snapshot.notChecked.find(
    ({ what }) => !known.notChecked.has(what) && !what.startsWith("log of "),
  );
  if (blind) return `${blind.what} can't be seen: ${blind.why}`;
  if (plan.target.kind !== "Deployment") return undefined;
  const deployment = snapshot.deployments.find(({ metadata }) => metadata?.name === plan.target.name);
  if (!deployment) return `Deployment ${plan.target.name} is not there`;
  return complete(deployment) ? undefined : `the rollout of ${plan.target.name} is not complete`;
}

/** Do the new pods themselves show something definite that is new or the very fault? */
function certainlyWorse(plan: Plan, known: Before, { snapshot }: Look): boolean {
  if (plan.target.kind !== "Deployment" || plan.proposal.action === "scale") return false;
  return diagnose(currentOnly(snapshot, [plan.target.name])).some((found) => {
    if (found.confidence !== "definite" || found.severity !== "error" || found.object.kind !== "Pod")
      return false;
    const key = faultKey(snapshot, found);
    return key === known.fault || !known.errors.has(key);
  });
}
