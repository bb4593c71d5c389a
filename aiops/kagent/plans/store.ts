/** Where plans are kept. */
import { TaskFlowError } from "../codes/index.ts";
import type { Plan } from "./types.ts";

export interface PlanStore {
  /**
   * Runs `edit` on all plans, oldest first, with nobody else in between, and keeps what it did to them. Where it throws
   * nothing is kept.
   */
  change<T>(edit: (plans: Plan[]) => T): Promise<T>;
}

/** Plans of one process; gone with it. */
export function memoryStore(): PlanStore {
  let plans: Plan[] = [];
  return {
    async change(edit) {
      // `edit` cannot wait for anything, so nothing runs in between.
      const copy = structuredClone(plans);
      const result = edit(copy);
      // What the caller got out of it is its own from here on.
      plans = structuredClone(copy);
      return result;
    },
  };
}

/** How many plans are kept. */
export const maxPlans = 100;

/** Adds a plan; the oldest that is of no more use makes room for it. @throws TaskFlowError TF1722 where there is none. */
export function addPlan(plans: Plan[], plan: Plan, now: number): void {
  while (plans.length >= maxPlans) {
    const index = plans.findIndex((one) => disposable(one, now));
    if (index === -1) {
      throw new TaskFlowError("TF1722", {
        what: `${plans.length} plans are kept and all of them may still be needed`,
        fix: ["# wait until some have expired, ten minutes at most"],
      });
    }
    plans.splice(index, 1);
  }
  plans.push(plan);
}

/** Neither waits for an approval, nor is under way, nor counts for the rate limit. */
function disposable(plan: Plan, now: number): boolean {
  if (plan.appliedAt !== undefined && now - Date.parse(plan.appliedAt) < rateWindow) return false;
  if (plan.state === "proposed") return now >= Date.parse(plan.expiresAt);
  return plan.state !== "approved" && plan.state !== "applying" && plan.state !== "applied";
}

/** Milliseconds over which changes are counted. */
export const rateWindow = 10 * 60_000;
