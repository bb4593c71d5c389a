/**
 * The MCP server: TaskFlow's diagnosis for AI agents (kubectl-ai, kagent, any MCP client), over stdio or streamable
 * HTTP. It reads the namespaces in scope and nothing else, and changes nothing unless started with --remediate.
 *
 * Exit codes: 0 stopped; 1 a defect; 2 options (TF1730, TF1731); 3 no cluster, or the port is taken (TF1737, TF1732).
 */
import { AuthenticationV1Api } from "@kubernetes/client-node";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { clients } from "./checks/api.ts";
import { TaskFlowError } from "./codes/index.ts";
import { access } from "./mcp/access.ts";
import { type Authenticate, anybody, byToken, byTokenReview, tokenFrom } from "./mcp/auth.ts";
import type { AuditEntry, Caller } from "./mcp/context.ts";
import { factory } from "./mcp/factory.ts";
import { serveHttp } from "./mcp/http.ts";
import { Gate, maxBody } from "./mcp/limits.ts";
import { auditLog, jsonLog } from "./mcp/log.ts";
import { type Options, readOptions, tokenVariable, usage } from "./mcp/options.ts";

const log = jsonLog();
const exitCodes: Readonly<Record<string, number>> = { TF1730: 2, TF1731: 2, TF1732: 3, TF1737: 3 };

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === "help") {
    console.log(usage);
    return;
  }
  const kubeConfig = access(options);
  const api = clients(kubeConfig);
  const stopping = new AbortController();
  // A server that only reads does not even load what could change something.
  const plans = options.remediate ? await import("./plans/tools.ts") : undefined;
  const gate = new Gate();
  const audit: (caller: Caller, entry: AuditEntry) => void = auditLog(log, options["audit-log"]);
  const make = factory({
    api,
    kubeConfig,
    namespaces: options.namespaces,
    gate,
    log,
    timeout: options.timeout,
    runbooks: options.runbooks,
    signal: stopping.signal,
    audit,
    registerPlans: plans?.registerPlans,
    nobody: { name: options.transport },
  });
  const started = { namespaces: options.namespaces, remediate: options.remediate };
  if (options.transport === "stdio") {
    const transport = new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: maxBody });
    const handle = serveStdio(make, { transport, onerror: (error) => log("warn", "protocol", { error }) });
    log("info", "serving", { transport: "stdio", ...started });
    process.stdin.once("end", () => stopping.abort());
    return stopOn(async () => {
      await plans?.plansIdle(kubeConfig);
      await handle.close();
    }, stopping);
  }
  const server = await serveHttp({
    host: options.host,
    port: options.port,
    path: options.path,
    factory: make,
    authenticate: authentication(options, () => kubeConfig.makeApiClient(AuthenticationV1Api)),
    allowHosts: options["allow-hosts"],
    allowOrigins: options["allow-origins"],
    rate: options.rate,
    log,
  });
  log("info", "serving", { url: server.url, auth: options.auth, ...started });
  stopOn(async () => {
    await server.close();
    // A change that is half made is not left so, though nobody waits for the answer any more.
    await plans?.plansIdle(kubeConfig);
  }, stopping);
}

function authentication(options: Options, api: () => AuthenticationV1Api): Authenticate {
  const { auth, audience, callers = [] } = options;
  if (auth === "none") return anybody;
  if (auth === "tokenreview") return byTokenReview(api(), { audience, callers });
  const value = process.env[tokenVariable];
  // What this process starts later, or a dump of its environment, does not hold it.
  delete process.env[tokenVariable];
  return byToken(tokenFrom(options["token-file"], value));
}

/** The first SIGTERM or SIGINT lets what is under way end; a second one does not wait. */
function stopOn(close: () => Promise<void>, stopping: AbortController): void {
  const stop = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) process.exit(1);
    log("info", "stopping", { signal });
    close().then(
      () => {
        stopping.abort();
        log("info", "stopped");
        process.exit(0);
      },
      (error: unknown) => {
        log("error", "stop", { error });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

main().catch((error: unknown) => {
  const known = error instanceof TaskFlowError ? error : undefined;
  const fields = known ? { code: known.code, fix: known.fix } : {};
  log("error", "start", { ...fields, error });
  process.exitCode = exitCodes[known?.code ?? ""] ?? 1;
});
