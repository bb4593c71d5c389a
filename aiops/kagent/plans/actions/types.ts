/** What every action is made of: one file an action, each a function from a proposal to what is to be written. */
import type { Api } from "../../checks/api.ts";
import type { Proposal } from "../../checks/proposal.ts";
import type { Edit, Guard } from "../jsonPatch.ts";
import type { Raw } from "../objects.ts";
import type { NewPolicy, Risk } from "../types.ts";

/** Where an action looks. It reads only. */
export interface World {
  api: Api;
  namespace: string;
  /** The moment of the plan. */
  at: Date;
  signal?: AbortSignal;
}

export type Draft =
  | {
      kind: "Deployment" | "Service";
      /** The object before. */
      object: Raw;
      edits: Edit[];
      guards: Guard[];
      risk: Risk;
    }
  /** One or two. */
  | { kind: "NetworkPolicy"; policies: NewPolicy[]; risk: Risk };

/**
 * Works out a change and refuses it where it would not be safe. Called when the plan is made, and again, for its
 * refusals alone, right before the change is sent.
 */
export type ActionOf<A extends Proposal["action"]> = (
  proposal: Extract<Proposal, { action: A }>,
  world: World,
) => Promise<Draft>;
