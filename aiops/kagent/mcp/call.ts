/** What every read-only tool has in common: its scope, its time, a place at the gate, and errors that say what to do. */
import type { CallToolResult, McpServer, ServerContext, ToolCallback } from "@modelcontextprotocol/server";
import type { z } from "zod";
import { reasonOf, statusOf } from "../checks/api.ts";
import { cleanLine } from "../checks/text.ts";
import { TaskFlowError } from "../codes/index.ts";
import type { ReadContext } from "./context.ts";
import { Busy } from "./limits.ts";

export interface Answer<Output> {
  /** By the output schema, for programs. */
  data: Output;
  /** The same for readers, models among them; what is quoted in it is marked (quote.ts). */
  text: string;
}

export interface ReadTool<Input extends z.ZodObject, Output extends z.ZodObject> {
  name: string;
  title: string;
  description: string;
  input: Input;
  output: Output;
  /** Aborts when the caller gives up, the time is over, or the server stops. */
  run(args: z.output<Input>, context: ReadContext, signal: AbortSignal): Promise<Answer<z.output<Output>>>;
}

/** Only looks; the same question twice changes nothing; what it looks at is one closed cluster. */
const annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

export function registerReadTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  server: McpServer,
  context: ReadContext,
  { name, title, description, input, output, run }: ReadTool<Input, Output>,
): void {
  const handler = async (args: z.output<Input>, ctx: ServerContext): Promise<CallToolResult> => {
    try {
      const { data, text } = await working(context, name, ctx.mcpReq.signal, (signal) =>
        run(args, context, signal),
      );
      return { content: [{ type: "text", text }], structuredContent: data as Record<string, unknown> };
    } catch (error) {
      return failed(error);
    }
  };
  const config = { title, description, inputSchema: input, outputSchema: output, annotations };
  // The SDK's types cannot see through the generics that `input` and `handler` share.
  server.registerTool<Output, Input>(name, config, handler as ToolCallback<Input>);
}

/**
 * Does a piece of work for a caller: bounded in time, with a place at the gate, and logged.
 * @throws TaskFlowError; TF1901 for what nobody foresaw, whose text stays in the log.
 */
export async function working<T>(
  context: ReadContext,
  name: string,
  asked: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { gate, log, caller, timeout } = context;
  const started = performance.now();
  const limit = AbortSignal.timeout(timeout);
  const signals = [asked, limit, ...(context.signal ? [context.signal] : [])];
  const done = (fields: Record<string, unknown>) =>
    log("info", "call", {
      name,
      caller: caller.name,
      ms: Math.round(performance.now() - started),
      ...fields,
    });
  try {
    const result = await gate.run(AbortSignal.any(signals), () => work(AbortSignal.any(signals)));
    done({});
    return result;
  } catch (error) {
    const known = coded(error, limit.aborted ? timeout : undefined);
    done({ code: known.code });
    if (known.code === "TF1901") {
      log("error", "defect", { name, error, stack: error instanceof Error ? error.stack : undefined });
    }
    throw known;
  }
}

/** @param late the milliseconds of a time limit that has passed. */
function coded(error: unknown, late: number | undefined): TaskFlowError {
  if (error instanceof TaskFlowError) return error;
  if (error instanceof Busy) {
    return new TaskFlowError("TF1735", { what: "all places are taken; nothing was looked at", cause: error });
  }
  if (late !== undefined) {
    return new TaskFlowError("TF1738", { what: `no answer within ${late / 1000} s`, cause: error });
  }
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    return new TaskFlowError("TF1307", { what: `${reasonOf(error)}; nothing was looked at`, cause: error });
  }
  if (status !== undefined || isNetwork(error)) {
    return new TaskFlowError("TF1738", { what: cleanLine(reasonOf(error)), cause: error });
  }
  return new TaskFlowError("TF1901", { what: "the server's log says more", cause: error });
}

/** As fetch and its aborts fail. */
function isNetwork(error: unknown): boolean {
  if (error instanceof DOMException) return error.name === "TimeoutError" || error.name === "AbortError";
  return error instanceof TypeError && error.cause instanceof Error;
}

/** An error as a tool's result, so that the model reads it too. */
export function failed(error: unknown): CallToolResult {
  if (!(error instanceof TaskFlowError)) throw error;
  const fix = error.fix.map((line) => `  ${line}`).join("\n");
  return { isError: true, content: [{ type: "text", text: `${error.message}\nTo mend it:\n${fix}` }] };
}
