/** How a tool call gets a person's approval: by a question to the client (MCP input round trip), or by a code. */
import { randomBytes } from "node:crypto";
import {
  createRequestStateCodec,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { TaskFlowError } from "../codes/index.ts";
import type { ApprovedStep } from "./approval.ts";
import type { Requester } from "./claim.ts";
import type { Desk } from "./desk.ts";
import type { Approval } from "./types.ts";
import { planText, planView } from "./view.ts";

export interface Asked {
  server: McpServer;
  desk: Desk;
  requester: Requester;
}

interface Question {
  step: ApprovedStep;
  id: string;
  hash: string;
  caller: string;
}

/** The state travels through the client: sealed with a key of this process, and good as long as a plan is. */
const codec = createRequestStateCodec<Question>({ key: randomBytes(32), ttlSeconds: 600 });

const answer = z.object({
  approve: z.boolean().describe("Yes: carry it out. Nothing is changed otherwise."),
});
const key = "approval";

/**
 * The approval that a call brings; `ask` is the question where the person is still to be asked. Without either the desk
 * refuses the call.
 * @throws TaskFlowError TF1714 (the person said no), TF1713 (an answer to no question of ours), and what `desk.check`
 * throws.
 */
export async function approvalBy(
  { server, desk, requester }: Asked,
  step: ApprovedStep,
  { id, hash, approval: code }: { id: string; hash: string; approval?: string | undefined },
  ctx: ServerContext,
): Promise<{ approval?: Approval } | { ask: InputRequiredResult }> {
  const by = requester.name;
  if (code !== undefined) return { approval: { kind: "code", by, hash, code } };
  const given = inputResponse(ctx.mcpReq.inputResponses, key);
  if (given.kind === "elicit") {
    const question = await questionOf(ctx);
    if (question?.step !== step || question.id !== id || question.hash !== hash || question.caller !== by) {
      throw new TaskFlowError("TF1713", {
        what: "the answer is to no question about this plan",
        values: { hash },
      });
    }
    const said = given.action === "accept" ? answer.safeParse(given.content).data : undefined;
    if (said?.approve === true) return { approval: { kind: "roundTrip", by, hash } };
    throw await desk.decline(await desk.get(id, requester), requester);
  }
  // A client that can't ask anybody must not be made to wait for an answer.
  if (!server.server.getClientCapabilities()?.elicitation) return {};
  const plan = await desk.check(step, { id, hash, requester });
  const message = `${step === "apply" ? "Carry out" : "Undo"} this plan?\n\n${planText(planView(plan))}`;
  return {
    ask: inputRequired({
      inputRequests: { [key]: inputRequired.elicit({ message, requestedSchema: answer }) },
      requestState: await codec.mint({ step, id, hash, caller: by }),
    }),
  };
}

/** What was asked, if the state is one that this process sealed. */
async function questionOf(ctx: ServerContext): Promise<Question | undefined> {
  const state = ctx.mcpReq.requestState<unknown>();
  if (typeof state !== "string") return undefined;
  return codec.verify(state, ctx).catch(() => undefined);
}
