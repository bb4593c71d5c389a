/**
 * The one call that is made of an OpenAI-compatible endpoint. Done with fetch: the official package is 35 MB and would
 * try again by itself while a person waits.
 */
import { z } from "zod";
import { cleanLine } from "../../checks/text.ts";
import { type Code, TaskFlowError } from "../../codes/index.ts";
import type { ModelSettings } from "./settings.ts";

export type Message =
  | { role: "system" | "user"; content: string }
  | { role: "assistant"; content: string | null; tool_calls?: ToolCall[] }
  | { role: "tool"; tool_call_id: string; content: string };

const toolCall = z.object({
  id: z.string().max(200),
  type: z.literal("function").default("function"),
  function: z.object({ name: z.string().max(100), arguments: z.string().max(4_000).default("{}") }),
});
export type ToolCall = z.output<typeof toolCall>;

const response = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          tool_calls: z.array(toolCall).nullish(),
        }),
      }),
    )
    .min(1),
});

/** As the API wants it: `{ type: "function", function: { name, description, parameters } }`. */
export interface ToolSpec {
  type: "function";
  function: { name: string; description: string; parameters: unknown };
}

export interface Reply {
  content: string;
  toolCalls: ToolCall[];
}

/** Milliseconds for one call. */
export const callTimeout = 30_000;
/** Bytes of an answer that are read. */
const longest = 512 * 1024;

/**
 * @throws TaskFlowError TF1804 (key refused), TF1805 (too many requests), TF1806 (no answer), TF1807 (not a valid
 *   response), TF1808 (the endpoint knows no such address or model); the reason of `signal`.
 */
export async function complete(
  settings: ModelSettings,
  messages: readonly Message[],
  tools: readonly ToolSpec[],
  signal?: AbortSignal,
  timeout = callTimeout,
): Promise<Reply> {
  const limit = AbortSignal.timeout(timeout);
  const host = new URL(settings.baseUrl).host;
  let status: number;
  let text: string;
  try {
    const answered = await fetch(`${settings.baseUrl}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
      },
      body: JSON.stringify({ model: settings.model, messages, ...(tools.length > 0 ? { tools } : {}) }),
      // The key must not follow a redirect.
      redirect: "error",
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    });
    status = answered.status;
    text = await bounded(answered);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TaskFlowError) throw error;
    const why = limit.aborted ? `no answer within ${timeout / 1000} s` : networkReason(error);
    throw new TaskFlowError("TF1806", { what: `${host}: ${why}`, cause: error });
  }
  if (status !== 200) throw refused(settings, host, status, text);
  return replyOf(text, host);
}

async function bounded(answered: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of answered.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > longest) {
      throw new TaskFlowError("TF1807", { what: `its answer is longer than ${longest / 1024} KiB` });
    }
  }
  return text;
}

function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cleanLine(cause instanceof Error ? cause.message || cause.name : String(cause), 160);
}

function refused(
  { model, apiKey }: ModelSettings,
  host: string,
  status: number,
  text: string,
): TaskFlowError {
  const code: Code =
    status === 401 || status === 403
      ? "TF1804"
      : status === 429
        ? "TF1805"
        : status >= 500
          ? "TF1806"
          : "TF1808";
  const said = messageOf(text);
  // Some endpoints repeat the key in their complaint.
  const safe = cleanLine(apiKey ? said.replaceAll(apiKey, "***") : said, 160);
  return new TaskFlowError(code, {
    what: `${host} answered HTTP ${status} for model ${model}${safe ? `: ${safe}` : ""}`,
  });
}

/** The endpoint's own words, `{"error":{"message":…}}` as a rule. */
function messageOf(text: string): string {
  const shape = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) });
  const { data } = shape.safeParse(json(text));
  if (!data) return "";
  return typeof data.error === "string" ? data.error : data.error.message;
}

function replyOf(text: string, host: string): Reply {
  const { data } = response.safeParse(json(text));
  const message = data?.choices[0]?.message;
  if (!message) {
    throw new TaskFlowError("TF1807", { what: `${host} sent no valid chat completion` });
  }
  return { content: message.content ?? "", toolCalls: message.tool_calls ?? [] };
}

export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
