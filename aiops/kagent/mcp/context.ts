/** What the tools are given. A server instance is made for each request (HTTP) or connection (stdio, sessions). */
import type { KubeConfig } from "@kubernetes/client-node";
import type { Api } from "../checks/api.ts";

/** Who calls, as the authentication says. */
export interface Caller {
  /** e.g. `system:serviceaccount:kagent:taskflow-agent`, `token`, `stdio`. */
  name: string;
}

/** A line of the audit log; time and caller are put in front. */
export interface AuditEntry {
  /** What was done or refused, e.g. `apply_plan`. */
  event: string;
  [field: string]: unknown;
}

/**
 * The seam of the plans (../plans/tools.ts): `registerPlans(server, context)`. The function is called for every server
 * instance, so what has to outlive one request (the plans themselves) is kept by `kubeConfig`, which is one object for
 * the life of the process.
 */
export interface ToolContext {
  api: Api;
  kubeConfig: KubeConfig;
  /** The namespaces in scope; the first one is meant where a call names none. */
  namespaces: readonly string[];
  caller: Caller;
  audit: (entry: AuditEntry) => void;
  /** Aborts when the server stops. A call's own signal is `ctx.mcpReq.signal`. */
  signal?: AbortSignal;
}
