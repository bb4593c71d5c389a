/** How kubectl-ai is started: its arguments, its environment, and the home of its own that it gets. */
import { copyFile, mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { cleanLine } from "../kagent/checks/text.ts";
import { TaskFlowError } from "../kagent/codes/index.ts";

const own = import.meta.dirname;

/** Where mcp.yaml says that the server is, unless MCP_TASKFLOW_URL names another place. */
export const mcpUrl = "http://127.0.0.1:8931/mcp";

export interface Model {
  /** As kubectl-ai calls it. */
  provider: string;
  model: string | undefined;
}

/** Providers of kubectl-ai, and the variable whose presence says that one is set up; the first that is there is taken. */
const providers: readonly (readonly [provider: string, variable: string])[] = [
  ["gemini", "GEMINI_API_KEY"],
  ["openai", "OPENAI_API_KEY"],
  ["azopenai", "AZURE_OPENAI_API_KEY"],
  ["grok", "GROK_API_KEY"],
  ["ollama", "OLLAMA_HOST"],
  ["llamacpp", "LLAMACPP_HOST"],
  ["vertexai", "GOOGLE_CLOUD_PROJECT"],
  ["bedrock", "BEDROCK_MODEL"],
];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The model to talk to. kubectl-ai would ask any provider for a Gemini model where none is named.
 * @throws TaskFlowError TF1813 where no provider or no model can be told.
 */
export function chooseModel(asked: { provider?: string; model?: string }, env: Environment): Model {
  const provider = asked.provider ?? providers.find(([, variable]) => env[variable])?.[0];
  if (!provider) {
    const variables = providers.map(([, variable]) => variable);
    throw new TaskFlowError("TF1813", {
      what: `none of ${variables.join(", ")} is set, and no --provider is given`,
    });
  }
  const known = { openai: env.OPENAI_MODEL, bedrock: env.BEDROCK_MODEL }[provider];
  const model = asked.model ?? known;
  if (!model && provider !== "gemini" && provider !== "vertexai") {
    throw new TaskFlowError("TF1813", {
      what: `--provider ${provider} needs the model's name, --model NAME`,
    });
  }
  return { provider, model: model || undefined };
}

export interface Launch {
  question: string | undefined;
  model: Model;
  kubeconfig: string;
  /** A folder of kubectl-ai's own: its home, its traces, its temporary files. */
  home: string;
  /** Is our MCP server to be used? */
  mcp: boolean;
  /** Answers one question and ends; whatever needs a yes fails then. */
  quiet: boolean;
}

/** Pure. */
export function launchArgs({ question, model, kubeconfig, home, mcp, quiet }: Launch): string[] {
  return [
    ...["--llm-provider", model.provider, ...(model.model ? ["--model", model.model] : [])],
    ...["--kubeconfig", kubeconfig],
    // Outright: neither depends on the folder it is started in, nor on where this system looks for configuration.
    ...["--custom-tools-config", join(own, "tools.yaml")],
    ...["--extra-prompt-paths", join(own, "prompts", "taskflow.md")],
    ...["--extra-prompt-paths", join(own, "prompts", "codes.md")],
    ...["--trace-path", join(home, "trace.yaml")],
    `--mcp-client=${mcp}`,
    ...(quiet ? ["--quiet"] : []),
    ...(question === undefined ? [] : ["--", question]),
  ];
}

/** Variables that go through: the terminal, the language, the way to the network, and the model's provider. */
const passed =
  /^(TERM|COLORTERM|NO_COLOR|LANG|LC_\w+|TZ|KUBECTL_AI_TERM_WIDTH|LLM_\w+|(GEMINI|GOOGLE|OPENAI|AZURE|GROK|LLAMACPP|OLLAMA|BEDROCK|AWS)_\w+|MCP_TASKFLOW_\w+|(HTTPS?|NO|ALL)_PROXY|https?_proxy|no_proxy|all_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|SystemRoot|PATHEXT)$/;

/**
 * The environment. What the model's commands inherit is chosen, not what happens to be there: no other kubeconfig,
 * no other home, none of TaskFlow's secrets. Pure.
 * @param tools folders that come first on the PATH, e.g. kubectl's.
 */
export function launchEnvironment(
  { kubeconfig, home }: Launch,
  env: Environment,
  tools: readonly string[] = [],
): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] =>
    Boolean(entry[1] !== undefined && passed.test(entry[0])),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: [join(own, "bin"), ...tools, env.PATH].filter(Boolean).join(delimiter),
    HOME: home,
    XDG_CONFIG_HOME: join(home, ".config"),
    TMPDIR: join(home, "tmp"),
    KUBECONFIG: kubeconfig,
  };
}

/** Lays the configuration where kubectl-ai looks for it, on any system: below its HOME. */
export async function prepareHome(home: string): Promise<void> {
  const folder = join(home, ".config", "kubectl-ai");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(join(home, "tmp"), { recursive: true, mode: 0o700 });
  for (const file of ["config.yaml", "mcp.yaml"]) await copyFile(join(own, file), join(folder, file));
}

/** What kubectl-ai v0.0.28 understands. It names no revision itself, so that the server's choice decides. */
const revisions = ["2025-06-18", "2025-03-26", "2024-11-05"];

/**
 * Does the MCP server let us in? Asks as kubectl-ai does, and waits two seconds at most: kubectl-ai itself goes on
 * without a word when it could not connect.
 * @returns what is in the way, or undefined.
 */
export async function mcpObstacle(url: string, token: string | undefined): Promise<string | undefined> {
  const initialize = { protocolVersion: "", capabilities: {}, clientInfo: { name: "", version: "" } };
  let status: number;
  let answer: string;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initialize }),
      signal: AbortSignal.timeout(2_000),
    });
    status = response.status;
    answer = await response.text();
  } catch {
    return `no MCP server answers at ${url}`;
  }
  const server = `the MCP server at ${url}`;
  if (status === 401 || status === 403)
    return `${server} wants ${token ? "another" : "a"} token, MCP_TASKFLOW_TOKEN`;
  if (status !== 200) return `${server} answers HTTP ${status}`;
  const revision = /"protocolVersion":\s*"([^"]{1,40})"/.exec(answer)?.[1];
  if (revision && revisions.includes(revision)) return undefined;
  return `${server} speaks ${revision ? `MCP ${cleanLine(revision)}` : "no MCP"}, kubectl-ai ${revisions.join(", ")}`;
}
