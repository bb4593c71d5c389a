/**
 * The catalogue of faults, brought about one by one in the deployed app: is the right cause found, how soon, and does the
 * plan that it proposes mend it? Three rounds; each must give the same answers.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../../aiops/kagent/checks/api.ts";
import { type Examination, examine } from "../../../aiops/kagent/checks/examine.ts";
import type { Action } from "../../../aiops/kagent/checks/proposal.ts";
import type { Finding } from "../../../aiops/kagent/checks/types.ts";
import { chainedAudit, planDesk } from "../../../aiops/kagent/plans/index.ts";
import { chooseCluster } from "../../../local/clusters/index.ts";
import { succeeds } from "../../support/cli.ts";
import { settled } from "../../support/cluster.ts";
import type { Bench, Row } from "../measure.ts";
import { chosen } from "../rollout/load.ts";
import { auditedChanges, serverAccount } from "./account.ts";
import { problems } from "./catalogue.ts";
import { controls } from "./controls.ts";
import { curve } from "./curve.ts";
import { restore, takeState } from "./namespaceState.ts";
import { type Problem, roots, until } from "./problem.ts";
import { startWatch } from "./watch.ts";

const namespace = "todo-app";
const requester = { name: "bench", namespaces: [namespace] };
const rounds = Number(process.env.ROUNDS ?? 3);
const watchGoal = 10;

interface Outcome {
  problem: Problem;
  /** Root causes as they were found, `TF1501 Pod/backend-*`. */
  roots: string[];
  right: boolean;
  /** With the MCP server's rights, which are not given any Secret. */
  rightAsServer: boolean;
  /** Seconds of the call that found it. */
  call: number;
  /** Seconds from the API showing it to the watch's word. */
  watched: number | undefined;
  /** How the plan ended, where one should mend it. */
  mended?: { well: boolean; how: string };
}

export const aiopsBench: Bench = async (report) => {
  await succeeds(["up"], chosen);
  await settled();
  const account = await serverAccount();
  const operator = connect(await (await chooseCluster("embedded")).kubeconfig());
  const before = await takeState();
  const desk = planDesk({ api: account.api, audit: chainedAudit(() => {}), maxApplies: 1000 });
  const watch = startWatch();
  const outcomes: Outcome[][] = [];
  const wrongControls: string[] = [];
  let controlsRun = 0;
  const changedBefore = await auditedChanges();
  try {
    for (let round = 1; round <= rounds; round++) {
      const these: Outcome[] = [];
      outcomes.push(these);
      for (const problem of wanted()) {
        try {
          these.push(await measure(problem));
        } finally {
          await problem.restore?.();
          await restore(before);
        }
        report(`${round}: ${line(these.at(-1) as Outcome)}`);
      }
      for (const control of controls) {
        const wrong = await control.run(operator);
        controlsRun++;
        await restore(before);
        report(`${round}: ${control.id} ${control.what}: ${wrong ?? "as it should be"}`);
        if (wrong) wrongControls.push(`${control.id}: ${wrong}`);
      }
    }
  } finally {
    await watch.stop();
    await restore(before);
  }
  const changed = await auditedChanges();
  await account.remove();
  const grown = process.env.ONLY ? [] : await curve(report);
  return [
    ...rows(outcomes, { run: controlsRun, wrong: wrongControls }, changed, changedBefore.made),
    ...grown,
  ];

  async function measure(problem: Problem): Promise<Outcome> {
    const since = Date.now();
    await problem.inject();
    await until(() => problem.shows?.(since) ?? Promise.resolve(true), `the API shows: ${problem.what}`);
    const shown = Date.now();
    const is = (found: Finding) => matches(problem, found);
    // As long as the watch may take; the engine is asked in its own process too.
    let seen: Examination;
    do {
      seen = await examine(operator, namespace);
      if (right(problem, seen.findings)) break;
      await sleep(500);
    } while (Date.now() - shown < 2 * watchGoal * 1000);
    const asServer = await examine(account.api, namespace);
    while (watch.saidAfter(since, is) === undefined && Date.now() - shown < 2 * watchGoal * 1000)
      await sleep(200);
    const said = watch.saidAfter(since, is);
    const outcome: Outcome = {
      problem,
      roots: roots(seen.findings).map(rootText),
      right: right(problem, seen.findings),
      rightAsServer: right(problem, asServer.findings),
      call: seen.elapsed / 1000,
      watched: said === undefined ? undefined : Math.max(0, said - (shown - since) / 1000),
    };
    if (!problem.mend || !outcome.right) return outcome;
    return { ...outcome, mended: await mend(problem.mend, seen.findings.find(is) as Finding) };
  }

  /** Plans, approves, applies, waits for the verdict; then takes it back. */
  async function mend(action: Action, finding: Finding): Promise<Outcome["mended"]> {
    const proposal = finding.proposals?.find((one) => one.action === action);
    if (!proposal) return { well: false, how: `no ${action} proposed` };
    try {
      const wish = { namespace, code: finding.code, object: finding.object, proposal };
      const plan = await desk.propose(wish, requester);
      const claim = { id: plan.id, hash: plan.hash, requester };
      const approval = { kind: "terminal", by: "bench", hash: plan.hash } as const;
      const { state, outcome } = await (await desk.apply({ ...claim, approval })).end;
      if (state !== "verified") return { well: false, how: `${action} ${state}: ${outcome?.what}` };
      const undone = await desk.undo({ ...claim, approval });
      return { well: undone.state === "undone", how: `${action} verified, then ${undone.state}` };
    } catch (error) {
      return { well: false, how: `${action}: ${(error as Error).message}` };
    }
  }
};

/** All, or those that ONLY names by number. */
const wanted = (): readonly Problem[] => {
  const only = process.env.ONLY?.split(",");
  return only ? problems.filter(({ id }) => only.includes(id)) : problems;
};

const matches = ({ code, root }: Problem, { code: found, object }: Finding): boolean =>
  code === found && object.kind === root.kind && root.name.test(object.name);

/** The right one is said first, and nothing else is called a root cause, a warning neither. */
function right(problem: Problem, findings: readonly Finding[]): boolean {
  const [first] = findings;
  return (
    first !== undefined &&
    matches(problem, first) &&
    roots(findings).every((found) => matches(problem, found))
  );
}

/** Names of pods are new each time. */
const rootText = ({ code, object }: Finding): string =>
  `${code} ${object.kind}/${object.name.replace(/-[a-z0-9]+(-[a-z0-9]{5})?$/, "-*")}`;

const line = ({ problem, roots, right, call, watched, mended }: Outcome): string =>
  [
    `${problem.id} ${problem.what}: ${right ? "right" : "WRONG"} (${roots.join(", ") || "nothing found"})`,
    `${call.toFixed(2)} s`,
    `watch ${watched === undefined ? "silent" : `${watched.toFixed(1)} s`}`,
    ...(mended ? [mended.how] : []),
  ].join(", ");

/** Median, 95th percentile, slowest. */
const parts = [0.5, 0.95, 1];

/** What was not as it should be, in brackets. */
const listed = (wrong: readonly string[]): string =>
  wrong.length > 0 ? ` (not: ${[...new Set(wrong)].join("; ")})` : "";

const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * part) - 1)] ?? Number.NaN;

function rows(
  outcomes: readonly Outcome[][],
  control: { run: number; wrong: string[] },
  changed: { made: number; outside: string[] },
  madeBefore: number,
): Row[] {
  const all = outcomes.flat();
  const wrong = all.filter(({ right }) => !right);
  const numbers = new Set(all.map(({ problem }) => problem.id));
  const same = (outcomes[0] ?? []).filter((first, index) =>
    outcomes.every((round) => round[index]?.roots.join() === first.roots.join()),
  );
  const watched = all.map(({ watched }) => watched).filter((value) => value !== undefined);
  const calls = all.map(({ call }) => call);
  const plans = all.flatMap(({ problem, mended }) => (mended ? [{ problem, ...mended }] : []));
  const unmended = plans.filter(({ well }) => !well).map(({ problem, how }) => `${problem.id}: ${how}`);
  const row = (what: string, measured: string, goal?: string): Row => ({
    bench: "aiops",
    what,
    measured,
    runs: outcomes.length,
    ...(goal ? { goal } : {}),
  });
  return [
    row(
      `${outcomes[0]?.length} faults of ${numbers.size} kinds: right code and right root cause, no other`,
      `${all.length - wrong.length} of ${all.length}${listed(wrong.map(({ problem }) => `${problem.id} ${problem.what}`))}`,
      "95 %",
    ),
    row(
      "the same with the MCP server's rights, which include no Secret",
      `${all.filter(({ rightAsServer }) => rightAsServer).length} of ${all.length}${listed(all.filter(({ rightAsServer }) => !rightAsServer).map(({ problem }) => `${problem.id} ${problem.what}`))}`,
    ),
    row("the same answer in each round", `${same.length} of ${outcomes[0]?.length}`, "all"),
    row(
      "controls that are as they should be",
      `${control.run - control.wrong.length} of ${control.run}${listed(control.wrong)}`,
      "all",
    ),
    row(
      "the call that found it, no model (calls before it that came too early are not in it): median, 95th percentile, slowest",
      parts.map((part) => `${percentile(calls, part).toFixed(2)} s`).join(", "),
      "95th 5 s",
    ),
    row(
      "from the API showing the fault to the word of `diagnose --watch`: median, 95th percentile, slowest",
      `${parts.map((part) => `${percentile(watched, part).toFixed(1)} s`).join(", ")}; ${all.length - watched.length} not said within ${2 * watchGoal} s`,
      "10 s",
    ),
    row(
      "plans applied, verified by a new diagnosis and taken back",
      `${plans.length - unmended.length} of ${plans.length}${listed(unmended)}`,
      "all",
    ),
    row(
      "changes by the server's account that the API server wrote down, and those outside the plans' scope",
      `${changed.made - madeBefore}, ${changed.outside.length}${listed(changed.outside)}`,
      "0 outside",
    ),
  ];
}
