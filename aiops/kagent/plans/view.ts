/** A plan as it is shown to people and models: all that its hash covers, and no value that may be a secret. */
import { codes } from "../codes/index.ts";
import { diffLines } from "./diff.ts";
import { onlyContent, requestHash, type ShownContent, shownHash } from "./hash.ts";
import type { Change, Plan, PlanState } from "./types.ts";

export interface PlanView extends ShownContent {
  hash: string;
  state: PlanState;
  /** The request in words, e.g. `replace /spec/replicas = 1`. */
  request: string[];
  undoRequest: string[];
  approvedBy?: { kind: string; by: string; at: string };
  appliedAt?: string;
  outcome?: { code?: string; what: string; at: string };
}

export function planView(plan: Plan): PlanView {
  const { change, undo, ...rest } = onlyContent(plan);
  return {
    ...rest,
    changeSha256: requestHash(change),
    undoSha256: requestHash(undo),
    hash: plan.hash,
    state: plan.state,
    request: requestLines(change),
    undoRequest: requestLines(undo),
    ...(plan.approvedBy ? { approvedBy: plan.approvedBy } : {}),
    ...(plan.appliedAt ? { appliedAt: plan.appliedAt } : {}),
    ...(plan.outcome ? { outcome: plan.outcome } : {}),
  };
}

/** Is this page of a plan the one that its hash was made of? For whoever got the page from somebody else. */
export function isWhole(view: PlanView): boolean {
  const { id, namespace, proposal, finding, target, diff, risk, createdAt, expiresAt, createdBy } = view;
  const { changeSha256, undoSha256 } = view;
  const content: ShownContent = {
    id,
    namespace,
    proposal,
    finding,
    target,
    diff,
    risk,
    createdAt,
    expiresAt,
    createdBy,
    changeSha256,
    undoSha256,
  };
  return shownHash(content) === view.hash;
}

function requestLines(change: Change): string[] {
  if (change.verb === "create")
    return change.policies.map(({ kind, metadata }) => `create ${kind} ${metadata.name}`);
  if (change.verb === "delete") {
    return change.policies.map(({ name }) => `delete ${change.kind} ${name}, if it is as the plan made it`);
  }
  return [
    `patch ${change.kind} ${change.name}`,
    ...change.body.map((step) => {
      const { op, path } = step;
      // A pod template has values of the environment in it; the diff says what changes there.
      if (path === "/spec/template")
        return `${op} ${path} (sha256 ${"value" in step ? requestHash(step.value) : ""})`;
      return "value" in step ? `${op} ${path} = ${JSON.stringify(step.value)}` : `${op} ${path}`;
    }),
  ];
}

/** The page for a terminal or a dialogue, in plain text. */
export function planText(view: Omit<PlanView, "request" | "undoRequest">): string {
  const { id, hash, namespace, proposal, finding, target, risk, diff, state, expiresAt, outcome } = view;
  return [
    `Plan ${id} (${state}${state === "proposed" ? `, until ${expiresAt}` : ""})`,
    `  mends    ${finding.code} ${codes[finding.code].title} of ${finding.object.kind} ${finding.object.name}`,
    `  changes  ${target.kind} ${target.name} in namespace ${namespace} by ${proposal.action}, risk ${risk}`,
    ...diffLines(diff).map((line) => `           ${line}`),
    `  undo     by itself if it does not help; by hand as long as nobody else changes it`,
    `  hash     ${hash}`,
    ...(outcome ? [`  outcome  ${outcome.code ? `${outcome.code} ` : ""}${outcome.what}`] : []),
  ].join("\n");
}
