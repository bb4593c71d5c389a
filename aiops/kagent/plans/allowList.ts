/**
 * What a plan may do at all. Proposals come from models and other programs: whatever is not described here, to the
 * last field, is refused, when a plan is made and again when it is applied.
 */
import { z } from "zod";
import type { Proposal } from "../checks/proposal.ts";
import { cleanLine } from "../checks/text.ts";
import { TaskFlowError } from "../codes/index.ts";
import type { Change } from "./types.ts";

export const minReplicas = 1;
export const maxReplicas = 3;

/** Names as Kubernetes has them: RFC 1123 labels, dots allowed between. */
const name = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
const containerName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
const portNumber = z.int().min(1).max(65_535);
const port = z.union([
  portNumber,
  z
    .string()
    .max(15)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
]);
const labelKey = z
  .string()
  .max(317)
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
const labelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/);
/** Never empty: an empty selector means every pod. */
const labels = z.record(labelKey, labelValue).refine((all) => {
  const count = Object.keys(all).length;
  return count >= 1 && count <= 10;
}, "between 1 and 10 labels");
const quantity = z
  .string()
  .max(20)
  .regex(/^([1-9]\d*(\.\d+)?|0\.\d*[1-9]\d*)(m|k|Ki|M|Mi|G|Gi)?$/);

export const proposalSchema = z.discriminatedUnion("action", [
  z.strictObject({
    action: z.literal("rolloutUndo"),
    deployment: name,
    toRevision: z.int().min(1).optional(),
  }),
  z.strictObject({ action: z.literal("rolloutRestart"), deployment: name }),
  z.strictObject({ action: z.literal("scale"), deployment: name, replicas: z.int() }),
  z.strictObject({ action: z.literal("patchSelector"), service: name, selector: labels }),
  z.strictObject({
    action: z.literal("patchTargetPort"),
    service: name,
    port: portNumber,
    targetPort: port,
  }),
  z
    .strictObject({
      action: z.literal("patchProbe"),
      deployment: name,
      container: containerName,
      probe: z.enum(["startupProbe", "livenessProbe", "readinessProbe"]),
      port: port.optional(),
      path: z
        .string()
        .regex(/^\/[\x21-\x7e]{0,255}$/)
        .optional(),
    })
    .refine((probe) => probe.port !== undefined || probe.path !== undefined, "a port or a path"),
  z.strictObject({
    action: z.literal("patchLimits"),
    deployment: name,
    container: containerName,
    limits: z
      .strictObject({ memory: quantity.optional(), cpu: quantity.optional() })
      .refine((limits) => limits.memory !== undefined || limits.cpu !== undefined, "memory or cpu"),
  }),
  z.strictObject({ action: z.literal("allowTraffic"), from: labels, to: labels, port: portNumber }),
]);

/**
 * The proposal, if it is one of the list.
 * @throws TaskFlowError TF1707 (no such action, or a field that is none), TF1711 (replicas).
 */
export function allowedProposal(value: unknown): Proposal {
  const { data, error } = proposalSchema.safeParse(value);
  if (!data) {
    throw new TaskFlowError("TF1707", {
      what: "the proposal is none of the changes that plans may make",
      detail: error.issues.map((issue) =>
        cleanLine(`${issue.path.join(".") || "proposal"}: ${issue.message}`),
      ),
    });
  }
  if (data.action === "scale" && (data.replicas < minReplicas || data.replicas > maxReplicas)) {
    throw new TaskFlowError("TF1711", {
      what: `${data.replicas} replicas of ${data.deployment}; plans scale within ${minReplicas} to ${maxReplicas}`,
    });
  }
  return withoutUndefined(data) as Proposal;
}

/** Zod leaves keys of absent optional fields out or in as it was given them; the hash wants one form. */
const withoutUndefined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));

const container = "/spec/template/spec/(containers|initContainers)/\\d+";
/** The fields that each action may write. */
const writable: Readonly<Record<Exclude<Proposal["action"], "allowTraffic">, RegExp>> = {
  rolloutUndo: /^\/spec\/template$/,
  rolloutRestart: /^\/spec\/template\/metadata(\/annotations(\/kubectl\.kubernetes\.io~1restartedAt)?)?$/,
  scale: /^\/spec\/replicas$/,
  patchSelector: /^\/spec\/selector$/,
  patchTargetPort: /^\/spec\/ports\/\d+\/targetPort$/,
  patchProbe: new RegExp(
    `^${container}/(startup|liveness|readiness)Probe/(httpGet/(port|path)|tcpSocket/port|grpc/port)$`,
  ),
  patchLimits: new RegExp(`^${container}/resources(/limits(/(memory|cpu))?)?$`),
};

/**
 * The last look at a request before it is sent: does it write what its action may write, to the object that it names,
 * and nothing else? A plan that was altered, or a defect here, ends at this line.
 * @throws TaskFlowError TF1707.
 */
export function assertAllowed(proposal: Proposal, change: Change): void {
  if (isAllowed(proposal, change)) return;
  throw new TaskFlowError("TF1707", {
    what: `the request to ${change.verb} ${change.kind} ${change.name} is not one that ${proposal.action} may make`,
  });
}

function isAllowed(proposal: Proposal, change: Change): boolean {
  if (proposal.action === "allowTraffic") {
    if (change.verb === "patch") return false;
    const names = change.policies.map((policy) =>
      "metadata" in policy ? policy.metadata.name : policy.name,
    );
    return names[0] === change.name && names.every((name) => name.startsWith(policyPrefix));
  }
  if (change.verb !== "patch") return false;
  const [kind, wanted] =
    "service" in proposal ? ["Service", proposal.service] : ["Deployment", proposal.deployment];
  const writes = change.body.filter(({ op }) => op !== "test");
  return (
    change.kind === kind &&
    change.name === wanted &&
    change.body[0]?.op === "test" &&
    change.body[0].path === "/metadata/uid" &&
    writes.length > 0 &&
    writes.every(({ path }) => writable[proposal.action].test(path))
  );
}

/** Begins the names of the NetworkPolicies that plans make. */
export const policyPrefix = "taskflow-allow-";
