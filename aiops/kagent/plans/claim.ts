/**
 * Who may use a plan, and when. These run inside the store's `change`, so that of two at once exactly one gets it.
 * What they find out about a plan (expired, one more wrong code) is kept, so they give errors back and throw none.
 */
import { TaskFlowError } from "../codes/index.ts";
import { allowedProposal, assertAllowed } from "./allowList.ts";
import { type ApprovedStep, isApprovalCode, maxWrongCodes } from "./approval.ts";
import { planHash } from "./hash.ts";
import { rateWindow } from "./store.ts";
import type { Approval, Plan } from "./types.ts";

/** Who asks, and the namespaces that it may change. */
export interface Requester {
  name: string;
  namespaces: readonly string[];
}

export interface Claim {
  id: string;
  hash: string;
  requester: Requester;
  approval?: Approval;
}

export interface Rules {
  /** Milliseconds since 1970. */
  now: number;
  /** Changes per namespace and ten minutes. */
  maxApplies: number;
  /** Without one no code is accepted. */
  approvalKey?: Buffer;
}

export type Claimed = { plan: Plan; error?: undefined } | { plan?: Plan; error: TaskFlowError };

/** A change that takes longer than this was ended with its process. */
const longest = 15 * 60_000;

/** Is this plan fit to be applied, approval aside? */
export function ready(plans: Plan[], claim: Claim, { now, maxApplies }: Rules): Claimed {
  const found = known(plans, claim);
  if (found.error) return found;
  const { plan } = found;
  if (plan.state === "proposed" && now >= Date.parse(plan.expiresAt)) {
    plan.state = "expired";
    plan.outcome = { code: "TF1702", what: "nobody approved it in time", at: new Date(now).toISOString() };
  }
  if (plan.state === "expired") {
    return {
      plan,
      error: new TaskFlowError("TF1702", { what: `${plan.id} was good until ${plan.expiresAt}` }),
    };
  }
  if (plan.state !== "proposed") {
    return { plan, error: new TaskFlowError("TF1704", { what: `${plan.id} is ${plan.state} already` }) };
  }
  const altered = alteredError(plan, claim.hash) ?? forbiddenError(plan);
  if (altered) return { plan, error: altered };
  const busy = plans.find((other) => underWay(other, now) && other.namespace === plan.namespace);
  if (busy) {
    const what = `${busy.id} is being applied in namespace ${plan.namespace} (${busy.proposal.action} of ${busy.target.name})`;
    return { plan, error: new TaskFlowError("TF1708", { what }) };
  }
  const recent = plans.filter(
    (other) =>
      other.namespace === plan.namespace &&
      other.appliedAt !== undefined &&
      now - Date.parse(other.appliedAt) < rateWindow,
  );
  if (recent.length >= maxApplies) {
    const what = `${recent.length} plans were applied in namespace ${plan.namespace} within ten minutes; ${maxApplies} are allowed`;
    return { plan, error: new TaskFlowError("TF1709", { what }) };
  }
  return { plan };
}

/** Takes the plan for its only use: proposed -> approved -> applying. */
export function claimApply(plans: Plan[], claim: Claim, rules: Rules): Claimed {
  const found = ready(plans, claim, rules);
  if (found.error) return found;
  return approved("apply", found.plan, claim, rules) ?? { plan: take(found.plan, claim, rules) };
}

function take(plan: Plan, { approval }: Claim, { now }: Rules): Plan {
  const at = new Date(now).toISOString();
  if (approval) plan.approvedBy = { kind: approval.kind, by: approval.by, at };
  plan.state = "applying";
  plan.appliedAt = at;
  return plan;
}

/** Takes an applied plan to undo it. */
export function claimUndo(plans: Plan[], claim: Claim, rules: Rules): Claimed {
  const found = undoable(plans, claim);
  if (found.error) return found;
  const { plan } = found;
  const refused = approved("undo", plan, claim, rules);
  if (refused) return refused;
  plan.state = "applying";
  return { plan };
}

/** Is this plan fit to be undone, approval aside? */
export function undoable(plans: Plan[], claim: Claim): Claimed {
  const found = known(plans, claim);
  if (found.error) return found;
  const { plan } = found;
  if (plan.state === "applied" || plan.state === "applying") {
    const what = `${plan.id} is being applied; it is undone by itself if it does not help`;
    return { plan, error: new TaskFlowError("TF1708", { what }) };
  }
  if (plan.state !== "verified" && !plan.uncertain) {
    const what = `${plan.id} is ${plan.state}; there is nothing to undo`;
    return { plan, error: new TaskFlowError("TF1704", { what }) };
  }
  const altered = alteredError(plan, claim.hash) ?? forbiddenError(plan);
  return altered ? { plan, error: altered } : { plan };
}

function known(plans: Plan[], { id, requester }: Claim): Claimed {
  const plan = plans.find((one) => one.id === id);
  if (!plan) return { error: new TaskFlowError("TF1701", { what: "no plan has this id" }) };
  if (!requester.namespaces.includes(plan.namespace))
    return { plan, error: outOfScope(plan.namespace, requester) };
  return { plan };
}

export const outOfScope = (namespace: string, { namespaces }: Requester): TaskFlowError =>
  new TaskFlowError("TF1706", {
    what: `namespace ${JSON.stringify(namespace.slice(0, 63))}; in scope: ${namespaces.join(", ") || "none"}`,
  });

function alteredError(plan: Plan, hash: string): TaskFlowError | undefined {
  if (plan.hash !== hash)
    return new TaskFlowError("TF1703", { what: `the hash given is not that of ${plan.id}` });
  if (planHash(plan) !== hash) {
    return new TaskFlowError("TF1703", { what: `${plan.id} no longer is what its hash was made of` });
  }
  return undefined;
}

function forbiddenError({ proposal, change, undo }: Plan): TaskFlowError | undefined {
  try {
    assertAllowed(allowedProposal(proposal), change);
    assertAllowed(proposal, undo);
    return undefined;
  } catch (error) {
    if (error instanceof TaskFlowError) return error;
    throw error;
  }
}

const underWay = ({ state, appliedAt }: Plan, now: number): boolean =>
  (state === "applying" || state === "applied") &&
  appliedAt !== undefined &&
  now - Date.parse(appliedAt) < longest;

/** The refusal where nobody has approved this step of this plan; undefined where somebody has. */
function approved(step: ApprovedStep, plan: Plan, claim: Claim, rules: Rules): Claimed | undefined {
  const { approval } = claim;
  const { id, hash } = plan;
  const missing = (what: string) => ({
    plan,
    error: new TaskFlowError("TF1713", { what, values: { hash } }),
  });
  if (!approval) return missing(`nobody has approved to ${step} ${id}`);
  if (approval.hash !== hash) {
    return {
      plan,
      error: new TaskFlowError("TF1703", { what: `the approval is for another plan than ${id}` }),
    };
  }
  if (approval.kind !== "code") return undefined;
  if (!rules.approvalKey) return missing("this server was given no approval key, so it accepts no codes");
  if (isApprovalCode(rules.approvalKey, step, id, hash, approval.code)) return undefined;
  plan.wrongCodes += 1;
  if (plan.wrongCodes >= maxWrongCodes && plan.state === "proposed") {
    plan.state = "failed";
    plan.outcome = {
      code: "TF1715",
      what: "too many wrong approval codes",
      at: new Date(rules.now).toISOString(),
    };
  }
  return { plan, error: new TaskFlowError("TF1715", { what: `wrong code ${plan.wrongCodes} for ${id}` }) };
}
