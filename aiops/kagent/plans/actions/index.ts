import type { Proposal } from "../../checks/proposal.ts";
import { allowTraffic } from "./allowTraffic.ts";
import { patchLimits } from "./patchLimits.ts";
import { patchProbe } from "./patchProbe.ts";
import { patchSelector } from "./patchSelector.ts";
import { patchTargetPort } from "./patchTargetPort.ts";
import { rolloutRestart } from "./rolloutRestart.ts";
import { rolloutUndo } from "./rolloutUndo.ts";
import { scale } from "./scale.ts";
import type { ActionOf, Draft, World } from "./types.ts";

/** Every action that plans may carry out; each stands in a file of its name. */
const actions: { [A in Proposal["action"]]: ActionOf<A> } = {
  rolloutUndo,
  rolloutRestart,
  scale,
  patchSelector,
  patchTargetPort,
  patchProbe,
  patchLimits,
  allowTraffic,
};

/**
 * Works out what a proposal would write.
 * @throws TaskFlowError with the code of what stands against it.
 */
export function draft(proposal: Proposal, world: World): Promise<Draft> {
  const action = actions[proposal.action] as (proposal: Proposal, world: World) => Promise<Draft>;
  return action(proposal, world);
}

export type { Draft, World } from "./types.ts";
