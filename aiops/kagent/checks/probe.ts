/** What a failing probe means, and what would mend it. Shared by the checks of liveness and of readiness. */
import type { V1Container, V1Probe } from "@kubernetes/client-node";
import { deploymentNameOf, earlierSpec, rollbackOf, setOf } from "./history.ts";
import type { Container } from "./pods.ts";
import type { Proposal } from "./proposal.ts";
import { cleanLine } from "./text.ts";
import type { Snapshot } from "./types.ts";

export type ProbeKind = "startup" | "liveness" | "readiness";

export interface ProbeFailure {
  kind: ProbeKind;
  /** Continues "its liveness probe fails:" as in `it asks port 8001, which the container does not declare`. */
  text: string;
  /** Is the probe itself wrong, so that waiting is of no use? */
  misconfigured: boolean;
  /** Did the answer not come in time? */
  timedOut: boolean;
}

/** The kubelet's sentence: `Readiness probe failed: HTTP probe failed with statuscode: 503`. */
const sentence = /^(Startup|Liveness|Readiness) probe (?:failed|errored)[^:]*:?\s*(.*)/s;

/** Undefined where the message is of no probe. */
export function probeFailure(message: string | undefined, { spec }: Container): ProbeFailure | undefined {
  const match = sentence.exec(message ?? "");
  if (!match?.[1]) return undefined;
  const kind = match[1].toLowerCase() as ProbeKind;
  const said = match[2] ?? "";
  const probe = probeOf(spec, kind);
  const path = probe?.httpGet?.path ?? "/";
  const port = portOf(probe);
  const status = /statuscode: (\d+)/i.exec(said)?.[1];
  const timedOut = /deadline exceeded|Client\.Timeout|i\/o timeout|timed out/i.test(said);
  const result = (text: string, misconfigured = false) => ({ kind, text, misconfigured, timedOut });
  if (port !== undefined && wrongPort(spec, port)) {
    const declared = (spec?.ports ?? []).map((one) => one.name ?? one.containerPort).join(", ");
    const has = declared ? ` (it has ${declared})` : "";
    return result(`it asks port ${port}, which the container does not declare${has}`, true);
  }
  if (status === "404") return result(`there is no page ${path} (HTTP 404), so its path is wrong`, true);
  if (status) return result(`${path} answers HTTP ${status}`);
  if (/HTTP response to HTTPS client|HTTPS? server/i.test(said)) {
    return result("it and the container do not agree on HTTP or HTTPS", true);
  }
  if (/connection refused/i.test(said)) return result(`nothing listens on port ${port ?? "(none)"}`);
  if (timedOut) return result(`no answer comes within ${probe?.timeoutSeconds ?? 1} s`);
  return result(cleanLine(said, 160));
}

/**
 * A probe with the port that the container declares, or with the path that it had (a path that another probe for being
 * alive has serves as well), and the way back to the earlier revision. No probe is ever removed.
 */
export function mendProbe(snapshot: Snapshot, container: Container, failure: ProbeFailure): Proposal[] {
  const { spec, name } = container;
  const deployment = deploymentNameOf(setOf(snapshot, container.pod));
  if (!failure.misconfigured || container.init || deployment === undefined) return [];
  const probe = probeOf(spec, failure.kind);
  const now = portOf(probe);
  const port = now !== undefined && wrongPort(spec, now) ? declaredPort(spec, failure.kind) : undefined;
  const path = /HTTP 404/.test(failure.text) ? otherPath(snapshot, container, failure.kind) : undefined;
  const change = { ...(port === undefined ? {} : { port }), ...(path === undefined ? {} : { path }) };
  const patch: Proposal = {
    action: "patchProbe",
    deployment,
    container: name,
    probe: `${failure.kind}Probe`,
    ...change,
  };
  return [...(Object.keys(change).length > 0 ? [patch] : []), ...rollbackOf(snapshot, container)];
}

const probeOf = (spec: V1Container | undefined, kind: ProbeKind): V1Probe | undefined =>
  spec?.[`${kind}Probe`];

const portOf = (probe: V1Probe | undefined): number | string | undefined =>
  (probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port) as number | string | undefined;

/** A container need not declare its numbered ports; where it declares some, another one is taken for a slip. */
function wrongPort(spec: V1Container | undefined, port: number | string): boolean {
  const ports = spec?.ports ?? [];
  const known = ports.some((one) => one.name === port || one.containerPort === Number(port));
  return !known && (ports.length > 0 || Number.isNaN(Number(port)));
}

/** The only port, the one that another probe asks, or the one named `http`; its name where it has one. */
function declaredPort(spec: V1Container | undefined, kind: ProbeKind): number | string | undefined {
  const ports = (spec?.ports ?? []).filter(({ protocol }) => (protocol ?? "TCP") === "TCP");
  const others = (["startup", "liveness", "readiness"] as const)
    .filter((other) => other !== kind)
    .map((other) => portOf(probeOf(spec, other)));
  const chosen =
    (ports.length === 1 ? ports[0] : undefined) ??
    ports.find((one) => others.some((port) => port === one.name || Number(port) === one.containerPort)) ??
    ports.find((one) => one.name === "http");
  return chosen?.name ?? chosen?.containerPort;
}

function otherPath(snapshot: Snapshot, container: Container, kind: ProbeKind): string | undefined {
  const now = probeOf(container.spec, kind)?.httpGet?.path;
  const before = probeOf(earlierSpec(snapshot, container), kind)?.httpGet?.path;
  // Being ready asks for more than being alive, so no other probe's path stands in for it.
  const alive = kind === "readiness" ? undefined : kind === "liveness" ? "startup" : "liveness";
  const sibling = alive && probeOf(container.spec, alive)?.httpGet?.path;
  return [before, sibling].find((path) => path !== undefined && path !== now);
}
