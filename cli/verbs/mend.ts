import { userInfo } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { type ClusterAccess, connect } from "../../aiops/kagent/checks/api.ts";
import { examine } from "../../aiops/kagent/checks/examine.ts";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import {
  fileAudit,
  fileStore,
  type Plan,
  type PlanStore,
  planDesk,
  planText,
  planView,
} from "../../aiops/kagent/plans/index.ts";
import { stateDir } from "../../local/paths.ts";
import { deployed } from "../deployed.ts";
import { inNamespace } from "../lookedAt.ts";
import { carryOut, heading, listAll, type Mending, mendAll } from "../mend.ts";
import { type StackOptions, withStack } from "../options.ts";
import { askYesNo, canAsk } from "../ui/ask.ts";
import { exitCodes } from "../ui/exitCodes.ts";
import { interruptible } from "../ui/interrupt.ts";

interface MendOptions extends StackOptions {
  list?: boolean;
  json?: boolean;
  yes?: string;
  undo?: string;
}

/** Changes the cluster, one small step at a time and each after a yes. */
export function mend(): Command {
  return withStack(new Command("mend"))
    .description(
      "mend what the diagnosis found: each change is shown, asked about, verified, and undone if no help",
    )
    .option("--list", "only show the plans and keep them for ten minutes")
    .option("--json", "the same as JSON on standard output")
    .option("--yes <hash>", "apply, or with --undo undo, the plan of this hash without a question", planHash)
    .option("--undo <id>", "undo a plan that was applied")
    .action(async (options: MendOptions) => {
      const { stack, access } = await deployed(options);
      const { namespace } = stack.config;
      const folder = join(stateDir, "aiops", stack.name);
      const store = fileStore(folder);
      const mending = at(access, namespace, store, join(folder, "audit.jsonl"));
      if (options.undo !== undefined) return undo(mending, options.undo, options.yes);
      if (options.yes !== undefined) return applyOne(mending, await ofHash(store, options.yes));
      const findings = await mending.look();
      if (options.list || options.json || !canAsk()) {
        const plans = await listAll(mending, findings);
        if (options.json) console.log(JSON.stringify({ plans: plans.map(planView) }, null, 2));
        else show(mending, plans, findings.length);
        if (options.list || options.json || plans.length === 0) return;
        throw new TaskFlowError("TF1713", {
          what: "there is no terminal to ask on, so nothing was changed",
          fix: plans.map(({ hash }) => `npm run mend -- --stack ${stack.name} --yes ${hash}`),
        });
      }
      const left = await waiting((signal) => mendAll(mending, (question) => askYesNo(question, signal)));
      for (const finding of left) console.log(`still there: ${heading(finding)}`);
      if (left.length === 0) console.log("Nothing is wrong.");
      process.exitCode = left.some(({ severity }) => severity === "error")
        ? exitCodes.unhealthy
        : exitCodes.ok;
    });
}

function planHash(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new InvalidArgumentError("It must be the whole hash that --list shows.");
  return text;
}

function at(access: ClusterAccess, namespace: string, store: PlanStore, auditFile: string): Mending {
  const api = connect(access);
  const desk = planDesk({ api, store, audit: fileAudit(auditFile) });
  return {
    desk,
    namespace,
    requester: { name: `cli:${userInfo().username}`, namespaces: [namespace] },
    look: async () => (await inNamespace({ api, access, namespace }, () => examine(api, namespace))).findings,
    say: (text) => console.error(text),
  };
}

/** A change that was sent is verified, and undone if need be, also after a Ctrl-C; a second one ends at once. */
function waiting<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return interruptible(work, {
    onInterrupt: () =>
      console.error("\nA change under way is verified first; Ctrl-C again leaves it as it is."),
  });
}

async function ofHash(store: PlanStore, hash: string): Promise<Plan> {
  const plan = await store.change((plans) => plans.find((one) => one.hash === hash));
  if (plan) return plan;
  throw new TaskFlowError("TF1701", { what: "no plan that is kept has this hash" });
}

async function applyOne(mending: Mending, plan: Plan): Promise<void> {
  mending.say(planText(planView(plan)));
  const { state, outcome } = await waiting(() => carryOut(mending, plan));
  if (state === "verified") return;
  throw new TaskFlowError(outcome?.code ?? "TF1719", { what: outcome?.what ?? state });
}

async function undo({ desk, requester, say }: Mending, id: string, hash: string | undefined): Promise<void> {
  const plan = await desk.get(id, requester);
  await desk.check("undo", { id, hash: plan.hash, requester });
  say(planText(planView(plan)));
  if (hash === undefined) {
    if (!canAsk()) {
      throw new TaskFlowError("TF1713", {
        what: "there is no terminal to ask on, so nothing was changed",
        fix: [`npm run mend -- --undo ${id} --yes ${plan.hash}`],
      });
    }
    if (!(await waiting((signal) => askYesNo("Undo it?", signal)))) throw await desk.decline(plan, requester);
  }
  const approval = { kind: "terminal" as const, by: requester.name, hash: hash ?? plan.hash };
  await desk.undo({ id, hash: hash ?? plan.hash, requester, approval });
  say("✓ undone: everything that the plan changed is as before");
}

function show({ say }: Mending, plans: readonly Plan[], findings: number): void {
  for (const plan of plans) say(`${planText(planView(plan))}\n`);
  if (findings === 0) say("Nothing is wrong.");
  else if (plans.length === 0) say(`${findings} finding(s), none that a plan can mend: npm run diagnose`);
}
