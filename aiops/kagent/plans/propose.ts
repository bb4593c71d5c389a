/** From a proposal to a plan: worked out, tried in the API server's dry run, and sealed. */
import { randomBytes } from "node:crypto";
import { type Api, statusOf } from "../checks/api.ts";
import type { Proposal } from "../checks/proposal.ts";
import type { Finding } from "../checks/types.ts";
import { TaskFlowError } from "../codes/index.ts";
import { type Draft, draft, type World } from "./actions/index.ts";
import { assertAllowed } from "./allowList.ts";
import { differences } from "./diff.ts";
import { planHash } from "./hash.ts";
import { forward, inverse } from "./jsonPatch.ts";
import { type Raw, readObject, refused, same, send } from "./objects.ts";
import type { Change, Plan, PlanContent, Target } from "./types.ts";

/** Milliseconds for which a plan can be approved. */
export const planLifetime = 10 * 60_000;

export interface PlanRequest {
  proposal: Proposal;
  finding: Finding;
  createdBy: string;
  /** Milliseconds; default `planLifetime`. */
  lifetime?: number;
}

/**
 * Makes a plan; nothing is changed.
 * @throws TaskFlowError with the code of what stands against it (TF1705, TF1707, TF1710 to TF1712, TF1716 to TF1718,
 * TF1724, TF1725).
 */
export async function makePlan(world: World, request: PlanRequest): Promise<Plan> {
  const { proposal, finding, createdBy, lifetime = planLifetime } = request;
  const drafted = await draft(proposal, world);
  const { target, change, before } = toChange(drafted);
  assertAllowed(proposal, change);
  const after = await dryRun(world, target, change);
  if (
    change.verb === "create" &&
    !change.policies.every(({ spec }, index) => same(after[index]?.spec, spec))
  ) {
    // A policy that lost a field on its way would allow more than was asked for.
    throw new TaskFlowError("TF1718", {
      what: `${target.kind} ${target.name}: the API server would make something else of it`,
      values: { namespace: world.namespace },
    });
  }
  const diff = after.flatMap((object) => {
    const all = differences(before, object);
    // Of two objects each field says whose it is.
    return after.length === 1
      ? all
      : all.map((one) => ({ ...one, path: `${object.metadata.name} ${one.path}` }));
  });
  if (diff.length === 0) throw nothingToChange(target);
  const undo = toUndo(drafted, target, change, after);
  assertAllowed(proposal, undo);
  const content: PlanContent = {
    id: `plan-${randomBytes(9).toString("base64url")}`,
    namespace: world.namespace,
    proposal,
    finding: { code: finding.code, object: finding.object },
    target,
    change,
    diff,
    risk: drafted.risk,
    undo,
    createdAt: world.at.toISOString(),
    expiresAt: new Date(world.at.getTime() + lifetime).toISOString(),
    createdBy,
  };
  return { ...content, hash: planHash(content), state: "proposed", wrongCodes: 0 };
}

function toChange(drafted: Draft): { target: Target; change: Change; before: Raw | undefined } {
  if (drafted.kind === "NetworkPolicy") {
    const { kind, policies } = drafted;
    const name = policies[0]?.metadata.name ?? "";
    return {
      target: { kind, name, uid: "", resourceVersion: "" },
      change: { verb: "create", kind, name, policies },
      before: undefined,
    };
  }
  const { kind, object, edits, guards } = drafted;
  const { name, uid, resourceVersion, generation } = object.metadata;
  const target: Target = {
    kind,
    name,
    uid,
    resourceVersion,
    ...(generation === undefined ? {} : { generation }),
  };
  const real = edits.filter(({ before, after }) => !same(before, after));
  if (real.length === 0) throw nothingToChange(target);
  return {
    target,
    change: { verb: "patch", kind, name, body: forward(target, real, guards) },
    before: object,
  };
}

function toUndo(drafted: Draft, target: Target, change: Change, after: readonly Raw[]): Change {
  if (drafted.kind === "NetworkPolicy") {
    const policies = after.map(({ metadata, spec }) => ({ name: metadata.name, spec }));
    return { verb: "delete", kind: drafted.kind, name: change.name, policies };
  }
  const real = drafted.edits.filter(({ before, after: wanted }) => !same(before, wanted));
  return {
    verb: "patch",
    kind: drafted.kind,
    name: change.name,
    body: inverse(target, real, drafted.guards, after[0] as Raw),
  };
}

const nothingToChange = ({ kind, name }: Target): TaskFlowError =>
  new TaskFlowError("TF1717", { what: `${kind} ${name} is so already` });

async function dryRun(world: World, target: Target, change: Change): Promise<Raw[]> {
  try {
    return await send(world.api, world.namespace, change, true, world.signal);
  } catch (error) {
    throw await refusal(world.api, world.namespace, target, error);
  }
}

/** What an error of the API server about a change means: has the object changed, or is the change not valid? */
export async function refusal(
  api: Api,
  namespace: string,
  target: Target,
  error: unknown,
): Promise<TaskFlowError> {
  if (error instanceof TaskFlowError) return error;
  const status = statusOf(error);
  const object = `${target.kind} ${target.name}`;
  if (status === 404) return changedError(target, namespace, "it is gone");
  if (status === 409 && target.uid === "") return changedError(target, namespace, "it is there now");
  if (status === 409 || status === 422) {
    // A failed `test` of a JSON Patch is a 422, as is a value that is not valid.
    const now = await readObject(api, target.kind, namespace, target.name).catch(() => undefined);
    if (status === 409 || (now && isChanged(target, now))) {
      return changedError(target, namespace, "it is another now");
    }
  }
  return refused(object, namespace, error);
}

/** Is this another object than the plan was made for, or was something else asked of it since? */
export function isChanged(target: Target, { metadata }: Raw): boolean {
  if (metadata.uid !== target.uid) return true;
  return target.generation === undefined
    ? metadata.resourceVersion !== target.resourceVersion
    : metadata.generation !== target.generation;
}

export const changedError = ({ kind, name }: Target, namespace: string, how: string): TaskFlowError =>
  new TaskFlowError("TF1705", { what: `${kind} ${name} in namespace ${namespace}: ${how}` });
