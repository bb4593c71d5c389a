/** Reads the page of a plan that somebody else saved: a tool's result, as a client or a model passed it on. */
import { z } from "zod";
import { cleanLine } from "../checks/text.ts";
import { type Code, codes, TaskFlowError } from "../codes/index.ts";
import { proposalSchema } from "./allowList.ts";
import { isWhole, type PlanView, planText } from "./view.ts";

const text = z.string().max(1_000);
const page = z.looseObject({
  id: z.string().regex(/^plan-[\w-]{12}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  state: z.enum(["proposed", "approved", "applying", "applied", "verified", "undone", "failed", "expired"]),
  namespace: text,
  proposal: proposalSchema,
  finding: z.looseObject({
    code: z.enum(Object.keys(codes) as [Code, ...Code[]]),
    object: z.looseObject({ kind: text, namespace: text, name: text }),
  }),
  target: z.looseObject({ kind: z.enum(["Deployment", "Service", "NetworkPolicy"]), name: text }),
  risk: z.enum(["low", "medium", "high"]),
  diff: z.array(z.looseObject({ path: text, before: text.optional(), after: text.optional() })).max(500),
  createdAt: text,
  expiresAt: z.iso.datetime(),
  createdBy: text,
  changeSha256: text,
  undoSha256: text,
});

/**
 * The plan on the page: `get_plan`'s structured content, or the whole result around it.
 * @throws TaskFlowError TF1703 where it is no plan, or not the one that its hash was made of.
 */
export function readPage(json: string): PlanView {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new TaskFlowError("TF1703", { what: "the page is not JSON" });
  }
  if (value !== null && typeof value === "object" && "structuredContent" in value) {
    value = value.structuredContent;
  }
  const { data, error } = page.safeParse(value);
  if (!data) {
    const [issue] = error.issues;
    const where = issue?.path.join(".") || "all of it";
    throw new TaskFlowError("TF1703", {
      what: cleanLine(`the page is no plan: ${where}: ${issue?.message}`),
    });
  }
  const view = data as unknown as PlanView;
  if (isWhole(view)) return view;
  throw new TaskFlowError("TF1703", { what: `the page is not what the hash of ${data.id} was made of` });
}

/** The page for a terminal: whatever was written into it can move no cursor and colour nothing. */
export const pageText = (view: PlanView): string =>
  planText(view)
    .split("\n")
    .map((line) => cleanLine(line))
    .join("\n");
