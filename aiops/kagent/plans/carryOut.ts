/** Sends a plan's change, and takes it back. */
import { type Api, reasonOf, statusOf } from "../checks/api.ts";
import { TaskFlowError } from "../codes/index.ts";
import { draft } from "./actions/index.ts";
import { valueAt } from "./jsonPatch.ts";
import { isNo, type Raw, readObject, same, send } from "./objects.ts";
import { changedError, isChanged, refusal } from "./propose.ts";
import type { Change, Plan } from "./types.ts";
import type { Clock } from "./verify.ts";

/**
 * Asks once more whether the change is safe now. The preconditions of the request itself hold in any case; this sees
 * what they can't: quotas, autoscalers, other policies.
 * @throws TaskFlowError with the code of what stands against it.
 */
export async function recheck(api: Api, plan: Plan, signal?: AbortSignal): Promise<void> {
  const { namespace, target, proposal } = plan;
  if (target.uid !== "") {
    const now = await readObject(api, target.kind, namespace, target.name, signal);
    if (isChanged(target, now)) throw changedError(target, namespace, "it is another now");
  }
  await draft(proposal, { api, namespace, at: new Date(plan.createdAt), ...(signal ? { signal } : {}) });
}

/** Tries to find out what became of a request that got no answer. */
const looks = 5;
const betweenLooks = 2_000;

/**
 * Sends the change.
 * @throws TaskFlowError TF1705, TF1718: nothing was changed. TF1721: nobody knows.
 */
export async function carryOut(api: Api, plan: Plan, clock: Clock): Promise<void> {
  try {
    await send(api, plan.namespace, plan.change, false);
  } catch (error) {
    if (error instanceof TaskFlowError || isNo(error)) {
      throw await refusal(api, plan.namespace, plan.target, error);
    }
    if (await holds(api, plan, plan.undo, clock)) return;
    throw new TaskFlowError("TF1721", {
      what: `${plan.change.verb} ${plan.target.kind} ${plan.target.name}: ${reasonOf(error)}`,
      values: names(plan),
      cause: error,
    });
  }
}

/**
 * Takes the change back, if the object still is as the change left it.
 * @throws TaskFlowError TF1720: it is not, or the API server does not let it. TF1721: nobody knows.
 */
export async function takeBack(api: Api, plan: Plan, clock: Clock): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await send(api, plan.namespace, plan.undo, false);
      return;
    } catch (error) {
      // An attempt whose answer was lost may have done it.
      if (attempt > 1 && (await isBack(api, plan))) return;
      const status = statusOf(error);
      if (error instanceof TaskFlowError && error.code !== "TF1718") throw notUndone(plan, error.what, error);
      if (status !== undefined && status < 500 && status !== 429)
        throw notUndone(plan, reasonOf(error), error);
      if (attempt === looks) {
        throw new TaskFlowError("TF1721", {
          what: `undo of ${plan.target.kind} ${plan.target.name}: ${reasonOf(error)}`,
          values: names(plan),
          cause: error,
        });
      }
      await clock.pause(betweenLooks);
    }
  }
}

const names = ({ namespace, target, id }: Plan) => ({
  namespace,
  kind: target.kind.toLowerCase(),
  name: target.name,
  id,
});

const notUndone = (plan: Plan, why: string, cause: unknown): TaskFlowError =>
  new TaskFlowError("TF1720", {
    what: `${plan.target.kind} ${plan.target.name} in namespace ${plan.namespace} is left as it is: ${why}`,
    values: names(plan),
    cause,
  });

/** Is everything as a change wants it before it goes on, all its `test` operations? False where that can't be seen. */
async function holds(api: Api, plan: Plan, change: Change, clock: Clock): Promise<boolean> {
  for (let look = 1; look <= looks; look++) {
    try {
      const all = await Promise.all(
        objectsOf(change).map((name) => readObject(api, plan.target.kind, plan.namespace, name)),
      );
      return all.every((object) => fits(object, change));
    } catch (error) {
      if (error instanceof TaskFlowError && error.code === "TF1716") return false;
      if (look < looks) await clock.pause(betweenLooks);
    }
  }
  return false;
}

const objectsOf = (change: Change): string[] =>
  change.verb === "delete" ? change.policies.map(({ name }) => name) : [change.name];

function fits(object: Raw, change: Change): boolean {
  if (change.verb === "delete") {
    return change.policies.some(({ name, spec }) => name === object.metadata.name && same(object.spec, spec));
  }
  if (change.verb === "create") return false;
  return change.body.every((step) => step.op !== "test" || same(valueAt(object, step.path), step.value));
}

/** Is everything as before the plan? */
async function isBack(api: Api, { undo, target, namespace }: Plan): Promise<boolean> {
  const read = (name: string) => readObject(api, target.kind, namespace, name);
  if (undo.verb !== "patch") {
    const gone = objectsOf(undo).map((name) =>
      read(name).then(
        () => false,
        (error: unknown) => error instanceof TaskFlowError && error.code === "TF1716",
      ),
    );
    return (await Promise.all(gone)).every(Boolean);
  }
  const object = await read(target.name).catch(() => undefined);
  if (!object) return false;
  return undo.body.every((step) => {
    if (step.op === "test") return step.path !== "/metadata/uid" || object.metadata.uid === step.value;
    const value = valueAt(object, step.path);
    return step.op === "remove" ? value === undefined : same(value, step.value);
  });
}
