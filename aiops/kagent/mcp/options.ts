/** The server's options: flags, or environment variables for manifests. A flag goes before its variable. */
import { parseArgs } from "node:util";
import { z } from "zod";
import { TaskFlowError } from "../codes/index.ts";
import { defaultRate } from "./limits.ts";

const list = z
  .string()
  .transform((text) => text.split(",").map((item) => item.trim()))
  .pipe(z.array(z.string().min(1)));
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]);
/** A DNS label (RFC 1123), as names of namespaces are. */
const namespace = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const schema = z.object({
  transport: z.enum(["stdio", "http"]).default("stdio"),
  host: z.string().default("127.0.0.1"),
  port: z.coerce.number().int().min(0).max(65_535).default(8931),
  path: z.string().startsWith("/").default("/mcp"),
  namespaces: list
    .pipe(z.array(z.string().regex(namespace, "is no name of a namespace")))
    .default(["todo-app"]),
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  auth: z.enum(["none", "token", "tokenreview"]).default("none"),
  "token-file": z.string().optional(),
  audience: z.string().default("taskflow-mcp"),
  callers: list.optional(),
  "allow-hosts": list.default([]),
  "allow-origins": list.default([]),
  runbooks: z.string().optional(),
  "audit-log": z.string().optional(),
  remediate: flag.default(false),
  rate: z.coerce.number().int().min(1).default(defaultRate),
  timeout: z.coerce.number().int().min(100).max(120_000).default(30_000),
});

export type Options = z.output<typeof schema>;
type Name = keyof Options;

/** [what stands for the value in the help, what it is] */
const help: Readonly<Record<Name, readonly [string, string]>> = {
  transport: ["stdio|http", "stdio (default), or streamable HTTP"],
  host: ["ADDRESS", "address to listen on, 127.0.0.1 by default; any other one needs --auth"],
  port: ["PORT", "8931 by default; 0 takes a free one"],
  path: ["PATH", "path of the MCP endpoint, /mcp by default"],
  namespaces: ["NAME,...", "the namespaces in scope, todo-app by default; all others are refused"],
  kubeconfig: ["FILE", "kubeconfig; in a pod the service account is used without one"],
  context: [
    "NAME",
    "which of the kubeconfig's contexts; with it, $KUBECONFIG is read where no file is named",
  ],
  auth: [
    "none|token|tokenreview",
    "who may call over HTTP: anybody on this machine, who has the token, or who has a service account's token",
  ],
  "token-file": ["FILE", "file with the bearer token (--auth token), read again when it changes"],
  audience: ["NAME", "audience that a service account's token must be for (--auth tokenreview)"],
  callers: [
    "NAME,...",
    "users that may call (--auth tokenreview), e.g. system:serviceaccount:kagent:agent; * is any",
  ],
  "allow-hosts": ["NAME,...", "host names under which the server is called, besides this machine's own"],
  "allow-origins": ["NAME,...", "host names of web pages that may call, besides this machine's own"],
  runbooks: ["FOLDER", "folder with the pages of docs/runbooks; without it, runbooks are short"],
  "audit-log": ["FILE", "file that the audit log is appended to; it is on stderr in any case"],
  remediate: ["", "offer plans that change the cluster after an approval; without it the server only reads"],
  rate: ["COUNT", `requests a minute of one caller, ${defaultRate} by default`],
  timeout: ["MS", "milliseconds that a call may take, 30000 by default"],
};

const names = Object.keys(help) as Name[];
/** `allow-hosts` -> `TASKFLOW_MCP_ALLOW_HOSTS` */
export const variable = (name: string): string => `TASKFLOW_MCP_${name.toUpperCase().replaceAll("-", "_")}`;
/** The bearer token itself comes from a file or this variable; a flag would show it in the list of processes. */
export const tokenVariable = "TASKFLOW_MCP_TOKEN";

export const usage = `MCP server for TaskFlow: diagnosis, pods, logs and Services of its namespaces.

usage: node aiops/kagent/server.ts [options]

${names.map((name) => `  --${`${name} ${help[name][0]}`.padEnd(33)}${help[name][1]}`).join("\n")}

Each option is also an environment variable: --allow-hosts is ${variable("allow-hosts")}. The token of
--auth token may be in ${tokenVariable}.`;

/**
 * @returns the options, or `help` where that was asked for.
 * @throws TaskFlowError TF1730 with every problem, TF1731.
 */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options | "help" {
  const flags = parse(args);
  if (flags.help) return "help";
  const given = Object.fromEntries(
    names
      .map((name) => [name, flags[name] ?? (env[variable(name)] || undefined)])
      .filter(([, value]) => value !== undefined),
  );
  const result = schema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `--${issue.path.join(".")}: ${issue.message}`);
    throw wrong(problems.join("; "));
  }
  check(result.data, env);
  return result.data;
}

function parse(args: readonly string[]): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean" },
        ...Object.fromEntries(
          names.map((name) => [name, { type: name === "remediate" ? "boolean" : "string" } as const]),
        ),
      },
    }).values as Record<string, string | boolean | undefined>;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

const wrong = (what: string): TaskFlowError => new TaskFlowError("TF1730", { what });

/** What only shows when options are seen together. */
function check(options: Options, env: NodeJS.ProcessEnv): void {
  if (options.transport === "stdio") return;
  if (options.auth === "none" && !isLoopback(options.host)) {
    throw new TaskFlowError("TF1731", {
      what: `--host ${options.host} without --auth`,
      values: { host: options.host },
    });
  }
  if (options.auth === "token" && !options["token-file"] && !env[tokenVariable]) {
    throw wrong(`--auth token needs --token-file or ${tokenVariable}`);
  }
  if (options.auth === "tokenreview" && !options.callers) {
    throw wrong(
      "--auth tokenreview needs --callers: any pod that may ask for a token could call otherwise; * is any caller",
    );
  }
}

/** Only addresses, and the one name that everybody's resolver keeps on this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
