/** The one place where plans are made, approved, applied, verified and undone; one for each process. */
import type { Api } from "../checks/api.ts";
import { diagnose } from "../checks/index.ts";
import type { Proposal } from "../checks/proposal.ts";
import { survey } from "../checks/survey.ts";
import { type Code, TaskFlowError } from "../codes/index.ts";
import { allowedProposal } from "./allowList.ts";
import type { Audit, AuditEvent } from "./audit.ts";
import { carryOut, recheck, takeBack } from "./carryOut.ts";
import {
  type Claim,
  type Claimed,
  claimApply,
  claimUndo,
  outOfScope,
  type Requester,
  type Rules,
  ready,
  undoable,
} from "./claim.ts";
import { makePlan, planLifetime } from "./propose.ts";
import { addPlan, memoryStore, type PlanStore } from "./store.ts";
import { faultKey, findFinding } from "./subject.ts";
import type { Plan } from "./types.ts";
import {
  type Before,
  before,
  type Clock,
  type Examine,
  type VerifyTimes,
  verify,
  verifyTimes,
} from "./verify.ts";

export interface DeskOptions {
  api: Api;
  audit: Audit;
  /** Default: this process's memory. */
  store?: PlanStore;
  /** Reads the key of approval codes; asked at each use. Without one no codes are accepted. */
  approvalKey?: () => Promise<Buffer | undefined>;
  /** Default: the checks, on what the API server shows. */
  examine?: Examine;
  clock?: Clock;
  /** Milliseconds for which a plan can be approved; default ten minutes. */
  lifetime?: number;
  /** Changes per namespace and ten minutes; default 5. */
  maxApplies?: number;
  times?: VerifyTimes;
}

export interface Wish {
  namespace: string;
  /** Of the finding that is to be mended. */
  code: Code;
  object: { name: string };
  /** Undefined means the first that the finding itself proposes. */
  proposal?: unknown;
}

/** A change that was sent. */
export interface Applied {
  plan: Plan;
  /** The plan when it is verified, undone or failed. Never rejects, and goes on whether anybody waits or not. */
  end: Promise<Plan>;
}

export interface Desk {
  /** Makes a plan; changes nothing. */
  propose(wish: Wish, requester: Requester, signal?: AbortSignal): Promise<Plan>;
  get(id: string, requester: Requester): Promise<Plan>;
  /** Is the plan fit to be applied or undone, approval aside? To be asked before a person is. */
  check(step: "apply" | "undo", claim: Omit<Claim, "approval">): Promise<Plan>;
  apply(claim: Claim): Promise<Applied>;
  undo(claim: Claim): Promise<Plan>;
  /** Notes that a person said no. */
  decline(plan: Plan, requester: Requester): Promise<TaskFlowError>;
  /** Resolves when nothing is under way any more; for an orderly end of the process. */
  idle(): Promise<void>;
}

const realClock: Clock = {
  now: Date.now,
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export function planDesk(options: DeskOptions): Desk {
  const { api, audit, store = memoryStore(), clock = realClock, times = verifyTimes } = options;
  const examine: Examine =
    options.examine ??
    (async (namespace, signal) => {
      const snapshot = await survey(api, namespace, signal);
      return { snapshot, findings: diagnose(snapshot) };
    });
  const rules = async (): Promise<Rules> => {
    const approvalKey = await options.approvalKey?.();
    return {
      now: clock.now(),
      maxApplies: options.maxApplies ?? 5,
      ...(approvalKey ? { approvalKey } : {}),
    };
  };
  const running = new Set<Promise<unknown>>();

  const note = (plan: Plan, requester: Requester, event: AuditEvent["event"], code?: Code) =>
    audit.record({
      event,
      caller: requester.name,
      namespace: plan.namespace,
      plan: plan.id,
      planHash: plan.hash,
      action: plan.proposal.action,
      target: `${plan.target.kind}/${plan.target.name}`,
      finding: plan.finding.code,
      state: plan.state,
      ...(event === "approve" && plan.approvedBy ? { approval: plan.approvedBy.kind } : {}),
      ...(code ? { code } : {}),
    });

  /** Changes what is kept of a plan. */
  const keep = (id: string, change: Partial<Plan>): Promise<Plan> =>
    store.change((plans) => {
      const plan = plans.find((one) => one.id === id);
      if (!plan) throw new TaskFlowError("TF1722", { what: `${id} was lost while it was applied` });
      return Object.assign(plan, change);
    });
  const finish = (id: string, state: Plan["state"], what: string, code?: Code): Promise<Plan> => {
    const outcome = { what, at: new Date(clock.now()).toISOString(), ...(code ? { code } : {}) };
    return keep(id, { state, outcome });
  };

  /** Hands a claim on, or says in the audit log why not. */
  const granted = async (claimed: Claimed, { id, requester }: Claim): Promise<Plan> => {
    if (claimed.error === undefined) return claimed.plan;
    const { plan, error } = claimed;
    const event = error.code === "TF1702" ? "expire" : "refuse";
    if (plan) await note(plan, requester, event, error.code);
    else
      await audit.record({
        event,
        caller: requester.name,
        namespace: "",
        plan: plainId(id),
        code: error.code,
      });
    throw error;
  };

  const refuseWish = async (wish: Wish, requester: Requester, error: unknown): Promise<never> => {
    const code = error instanceof TaskFlowError ? error.code : "TF1718";
    const namespace = requester.namespaces.includes(wish.namespace) ? wish.namespace : "";
    await audit.record({ event: "refuse", caller: requester.name, namespace, code });
    throw error;
  };

  const proposeNow = async (wish: Wish, requester: Requester, signal?: AbortSignal): Promise<Plan> => {
    if (!requester.namespaces.includes(wish.namespace)) throw outOfScope(wish.namespace, requester);
    const given = wish.proposal === undefined ? undefined : allowedProposal(wish.proposal);
    const look = await examine(wish.namespace, signal);
    const finding = findFinding(look, wish);
    if (!finding) throw noFinding(wish.code, wish.object.name, wish.namespace);
    const proposal: Proposal = given ?? allowedProposal(finding.proposals?.[0]);
    const world = {
      api,
      namespace: wish.namespace,
      at: new Date(clock.now()),
      ...(signal ? { signal } : {}),
    };
    const plan = await makePlan(world, {
      proposal,
      finding,
      createdBy: requester.name,
      lifetime: options.lifetime ?? planLifetime,
    });
    await note(plan, requester, "propose");
    await store.change((plans) => addPlan(plans, plan, clock.now()));
    return plan;
  };

  /** All between the claim and the change. Throws where nothing was changed. */
  const start = async (plan: Plan, requester: Requester): Promise<Before> => {
    await note({ ...plan, state: "approved" }, requester, "approve");
    const look = await examine(plan.namespace);
    const finding = findFinding(look, plan.finding);
    if (!finding) throw noFinding(plan.finding.code, plan.finding.object.name, plan.namespace);
    await recheck(api, plan);
    // Written before it is done: what happened can be seen even if this process ends now.
    await note(plan, requester, "apply");
    await carryOut(api, plan, clock);
    return before(look, faultKey(look.snapshot, finding));
  };

  /** Verifies, and undoes what did not help. */
  const finishUp = async (plan: Plan, known: Before, requester: Requester): Promise<Plan> => {
    const { better, why } = await verify(plan, known, examine, clock, times);
    if (better) {
      const done = await finish(plan.id, "verified", why);
      await note(done, requester, "verify");
      return done;
    }
    try {
      await takeBack(api, plan, clock);
    } catch (error) {
      const { code, what } = coded(error);
      const failed = await finish(
        plan.id,
        "failed",
        `it did not help (${why}), and was not undone: ${what}`,
        code,
      );
      await keep(plan.id, { uncertain: code === "TF1721" });
      await note(failed, requester, "undo", code);
      return failed;
    }
    const undone = await finish(plan.id, "undone", why, "TF1719");
    await note(undone, requester, "undo", "TF1719");
    return undone;
  };

  const track = <T>(work: Promise<T>): Promise<T> => {
    const settled = work.catch(() => {}).finally(() => running.delete(settled));
    running.add(settled);
    return work;
  };

  const applyNow = async (claim: Claim): Promise<Applied> => {
    const { requester } = claim;
    const now = await rules();
    const plan = await granted(await store.change((plans) => claimApply(plans, claim, now)), claim);
    let known: Before;
    try {
      known = await start(plan, requester);
    } catch (error) {
      const { code, what } = coded(error);
      const failed = await finish(plan.id, "failed", what, code);
      if (code === "TF1721") await keep(plan.id, { uncertain: true });
      await note(failed, requester, "refuse", code);
      throw error;
    }
    const applied = await keep(plan.id, { state: "applied" });
    const end = track(
      finishUp(applied, known, requester).catch(async (error: unknown) => {
        const { code, what } = coded(error);
        return finish(plan.id, "failed", what, code).catch(() => ({ ...applied, state: "failed" as const }));
      }),
    );
    return { plan: applied, end };
  };

  const undoNow = async (claim: Claim): Promise<Plan> => {
    const { requester } = claim;
    const earlier = await store.change((plans) => plans.find(({ id }) => id === claim.id));
    const now = await rules();
    const plan = await granted(await store.change((plans) => claimUndo(plans, claim, now)), claim);
    try {
      await note(plan, requester, "undo");
      await takeBack(api, plan, clock);
    } catch (error) {
      const { code, what } = coded(error);
      // What may work the next time can be tried again.
      const state = code === "TF1720" ? "failed" : (earlier?.state ?? "failed");
      const failed = await finish(plan.id, state, what, code);
      await keep(plan.id, {
        uncertain: code === "TF1721" || Boolean(earlier?.uncertain && code !== "TF1720"),
      });
      await note(failed, requester, "refuse", code);
      throw error;
    }
    await keep(plan.id, { uncertain: false });
    const undone = await finish(plan.id, "undone", `undone by ${requester.name}`);
    await note(undone, requester, "undo");
    return undone;
  };

  return {
    propose: (wish, requester, signal) =>
      proposeNow(wish, requester, signal).catch((error: unknown) => refuseWish(wish, requester, error)),
    async get(id, requester) {
      const claim = { id, hash: "", requester };
      const plan = await store.change((plans) => plans.find((one) => one.id === id));
      if (!plan)
        return granted({ error: new TaskFlowError("TF1701", { what: "no plan has this id" }) }, claim);
      if (requester.namespaces.includes(plan.namespace)) return plan;
      return granted({ plan, error: outOfScope(plan.namespace, requester) }, claim);
    },
    async check(step, claim) {
      const now = await rules();
      const look = (plans: Plan[]) => (step === "apply" ? ready(plans, claim, now) : undoable(plans, claim));
      return granted(await store.change(look), claim);
    },
    apply: (claim) => track(applyNow(claim)),
    undo: (claim) => track(undoNow(claim)),
    async decline(plan, requester) {
      await note(plan, requester, "refuse", "TF1714");
      return new TaskFlowError("TF1714", {
        what: `${plan.id} (${plan.proposal.action} of ${plan.target.name})`,
      });
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** A caller's text goes into no log before it has the form of an id. */
const plainId = (id: string): string => (/^plan-[\w-]{12}$/.test(id) ? id : "(no id)");

const noFinding = (code: Code, name: string, namespace: string): TaskFlowError =>
  new TaskFlowError("TF1726", {
    what: `the diagnosis of namespace ${namespace} shows no ${code} of ${JSON.stringify(name.slice(0, 80))}`,
  });

function coded(error: unknown): { code: Code; what: string } {
  if (error instanceof TaskFlowError) return error;
  return { code: "TF1901", what: error instanceof Error ? error.message : String(error) };
}
