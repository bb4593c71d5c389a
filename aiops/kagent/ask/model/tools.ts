/** What a model may look at besides what it was given. Each only reads, in the one namespace, and is bounded. */
import { z } from "zod";
import { type Api, reasonOf } from "../../checks/api.ts";
import { logTail } from "../../checks/podLog.ts";
import { livePods } from "../../checks/pods.ts";
import type { Evidence, Finding, Snapshot } from "../../checks/types.ts";
import { reach } from "../answers/access.ts";
import { podFacts } from "../answers/health.ts";
import { View } from "../view.ts";
import { json, type ToolCall, type ToolSpec } from "./client.ts";
import type { Exhibits } from "./exhibits.ts";

export interface ToolContext {
  api: Api;
  snapshot: Snapshot;
  findings: readonly Finding[];
  exhibits: Exhibits;
  signal?: AbortSignal;
}

const name = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);

interface Tool<Shape extends z.ZodType = z.ZodType> {
  description: string;
  input: Shape;
  /** Evidence, or a sentence where there is none. */
  run(input: z.output<Shape>, context: ToolContext): Promise<Evidence[] | string> | Evidence[] | string;
}

const tool = <Shape extends z.ZodType>(made: Tool<Shape>): Tool => made as unknown as Tool;

const tools: Readonly<Record<string, Tool>> = {
  list_pods: tool({
    description:
      "The pods of the namespace, or of one component: ready, phase, restarts, how the last run ended.",
    input: z.strictObject({ component: name.optional() }),
    run: ({ component }, { snapshot, findings }) => {
      const facts = podFacts(new View(snapshot, findings, component));
      return facts.length > 0 ? facts.map(({ evidence }) => evidence) : "There is no such pod.";
    },
  }),
  get_logs: tool({
    description: "The last lines of one container's log, redacted; with previous, of the run before.",
    input: z.strictObject({
      pod: name,
      container: name.optional(),
      previous: z.boolean().default(false),
    }),
    run: async ({ pod, container, previous }, { api, snapshot, signal }) => {
      const found = livePods(snapshot).find(({ metadata }) => metadata?.name === pod);
      if (!found) return "There is no such pod.";
      const which = container ?? found.spec?.containers[0]?.name ?? "";
      try {
        const tail = await logTail(
          api,
          snapshot.namespace,
          { pod, container: which, previous },
          signal ? { signal } : {},
        );
        const ref = `pod/${pod}/${which}`;
        return tail.lines.length > 0
          ? [{ source: "log", ref, excerpt: tail.lines.join("\n") }]
          : "The log is empty.";
      } catch (error) {
        signal?.throwIfAborted();
        return `The log could not be read: ${reasonOf(error)}`;
      }
    },
  }),
  check_service: tool({
    description: "Address, ready endpoints and policies of one Service.",
    input: z.strictObject({ service: name }),
    run: ({ service }, { snapshot, findings }) => {
      const found = snapshot.around.services?.find(({ metadata }) => metadata?.name === service);
      if (!found) return "There is no such Service, or Services could not be read.";
      return reach(new View(snapshot, findings, service), found).facts.map(({ evidence }) => evidence);
    },
  }),
};

/** As the API wants them. */
export const toolSpecs = (): ToolSpec[] =>
  Object.entries(tools).map(([toolName, { description, input }]) => ({
    type: "function",
    function: { name: toolName, description, parameters: z.toJSONSchema(input, { io: "input" }) },
  }));

/** What a call gives, as text for the model. An unknown tool or wrong input is told to it, and nothing is done. */
export async function call({ function: wanted }: ToolCall, context: ToolContext): Promise<string> {
  const chosen = Object.hasOwn(tools, wanted.name) ? tools[wanted.name] : undefined;
  if (!chosen)
    return `There is no tool of that name; there are ${Object.keys(tools).join(", ")}. Nothing was done.`;
  const input = chosen.input.safeParse(json(wanted.arguments || "{}"));
  if (!input.success) return `Wrong input; nothing was done: ${z.prettifyError(input.error).slice(0, 300)}`;
  const result = await chosen.run(input.data, context);
  if (typeof result === "string") return result;
  const ids = result.map((evidence) => context.exhibits.add(evidence)).filter((id) => id !== undefined);
  return ids.length > 0 ? context.exhibits.text(new Set(ids)) : "There is no room for more evidence.";
}
