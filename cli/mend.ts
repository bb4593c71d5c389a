/** Mending with a person at the terminal: one plan after the other is shown, asked about, applied and verified. */
import type { Proposal } from "../aiops/kagent/checks/proposal.ts";
import type { Finding } from "../aiops/kagent/checks/types.ts";
import { codes, TaskFlowError } from "../aiops/kagent/codes/index.ts";
import { type Desk, type Plan, planText, planView, type Requester } from "../aiops/kagent/plans/index.ts";

export interface Mending {
  desk: Desk;
  requester: Requester;
  namespace: string;
  /** What is wrong now, root causes first. */
  look(): Promise<Finding[]>;
  say(text: string): void;
}

export interface Candidate {
  finding: Finding;
  proposal: Proposal;
}

/** What the findings propose; the same change is there once. */
export function candidates(findings: readonly Finding[]): Candidate[] {
  const all = findings.flatMap((finding) =>
    (finding.proposals ?? []).map((proposal) => ({ finding, proposal })),
  );
  const keys = all.map(({ proposal }) => JSON.stringify(proposal));
  return all.filter((_one, index) => keys.indexOf(keys[index] ?? "") === index);
}

/** A plan for a candidate, or undefined where there can be none; then it is said why. */
export async function planFor(
  { desk, requester, namespace, say }: Mending,
  { finding, proposal }: Candidate,
): Promise<Plan | undefined> {
  try {
    return await desk.propose({ namespace, code: finding.code, object: finding.object, proposal }, requester);
  } catch (error) {
    if (!(error instanceof TaskFlowError)) throw error;
    say(`${proposal.action} for ${heading(finding)}: not possible, ${error.message}`);
    return undefined;
  }
}

export const heading = ({ code, object }: Finding): string =>
  `${code} ${codes[code].title} (${object.kind} ${object.name})`;

/** Applies an approved plan and says how it ended. */
export async function carryOut(mending: Mending, plan: Plan): Promise<Plan> {
  const { desk, requester, say } = mending;
  const approval = { kind: "terminal" as const, by: requester.name, hash: plan.hash };
  const { end } = await desk.apply({ id: plan.id, hash: plan.hash, requester, approval });
  say("Applied; looking whether it helps (up to three minutes) ...");
  const ended = await end;
  say(ending(ended));
  return ended;
}

function ending({ id, state, outcome }: Plan): string {
  if (state === "verified")
    return `✓ mended: ${outcome?.what}\n  to take it back: npm run mend -- --undo ${id}`;
  const title = outcome?.code ? `${outcome.code} ${codes[outcome.code].title}: ` : "";
  return `✗ ${title}${outcome?.what ?? state}`;
}

/**
 * Goes through what is proposed, looks anew after each change, and ends when nothing is left to ask about.
 * @param ask puts a question to the person.
 * @returns the findings at the end.
 */
export async function mendAll(
  mending: Mending,
  ask: (question: string) => Promise<boolean>,
): Promise<Finding[]> {
  const asked = new Set<string>();
  for (;;) {
    const findings = await mending.look();
    const next = candidates(findings).find(({ proposal }) => !asked.has(JSON.stringify(proposal)));
    if (!next) return findings;
    asked.add(JSON.stringify(next.proposal));
    const plan = await planFor(mending, next);
    if (!plan) continue;
    mending.say(`\n${planText(planView(plan))}\n`);
    if (await ask("Apply this plan?")) await carryOut(mending, plan);
    else await mending.desk.decline(plan, mending.requester);
  }
}

/** A plan for each proposal, for somebody who approves one of them later by its hash. */
export async function listAll(mending: Mending, findings: readonly Finding[]): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const candidate of candidates(findings)) {
    const plan = await planFor(mending, candidate);
    if (plan) plans.push(plan);
  }
  return plans;
}
