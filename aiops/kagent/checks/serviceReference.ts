import type { V1Service } from "@kubernetes/client-node";
import { databaseError } from "./databaseError.ts";
import { fact, finding } from "./finding.ts";
import { newestSet, rollback } from "./history.ts";
import { alike, nearest } from "./nearest.ts";
import { serviceName } from "./network/addresses.ts";
import { logLine, type NameError, nameErrors } from "./network/complaints.ts";
import { configMapsOf, type Reference, references, referencesOf } from "./network/references.ts";
import { isHeadless, wholly } from "./network/services.ts";
import type { Workload } from "./network/workloads.ts";
import type { Proposal } from "./proposal.ts";
import { cleanLine } from "./text.ts";
import type { Check, Evidence, Finding, ObjectRef, Snapshot } from "./types.ts";

/**
 * F13: a value in the configuration names a Service that the namespace does not have, or a port that the Service does
 * not have; or a log complains about such a name where the configuration cannot be read. A misspelled name is certain. A
 * single word that is like no Service may be known to the DNS outside the cluster, and is only likely.
 */
export const serviceReference: Check = (snapshot) => {
  const { services } = snapshot.around;
  if (!services || !wholly(snapshot, "services")) return [];
  const byName = new Map(services.map((service) => [service.metadata?.name ?? "", service]));
  const errors = nameErrors(snapshot);
  const wrong = references(snapshot).flatMap((reference) => {
    const problem = problemOf(snapshot, reference, byName);
    if (!problem) return [];
    const error = errors.find(({ host }) => host === reference.address.host);
    return { ...problem, reference, ...(error ? { error } : {}) };
  });
  return [
    ...bySource(wrong).map((list) => describe(snapshot, list, byName)),
    ...fromLogs(snapshot, byName, wrong),
  ];
};

interface Problem {
  /** Continues the variable's name: `names Service x, which …`. */
  text: string;
  certain: boolean;
  /** The host as it was probably meant. */
  host?: string;
}

interface Wrong extends Problem {
  reference: Reference;
  error?: NameError;
}

function problemOf(
  { namespace }: Snapshot,
  { target, address }: Reference,
  services: ReadonlyMap<string, V1Service>,
): Problem | undefined {
  const { host } = address;
  if (target.namespace !== namespace) {
    // Other namespaces are out of sight; but one that is nearly this one, with a Service of this one, is a slip.
    if (!services.has(target.service) || !alike(target.namespace, namespace)) return undefined;
    const text = `names ${host}, in namespace ${target.namespace}; Service ${target.service} is in ${namespace}`;
    return { text, certain: false, host: host.replace(`.${target.namespace}`, `.${namespace}`) };
  }
  const service = services.get(target.service);
  if (!service) {
    const near = nearest(target.service, services.keys());
    const text = `names ${host}, and the namespace has no Service ${target.service}${near ? `; the nearest is ${near}` : ""}`;
    const certain = target.certain || near !== undefined;
    return { text, certain, ...(near ? { host: host.replace(target.service, near) } : {}) };
  }
  return portProblem(service, target.service, address.port);
}

function portProblem(service: V1Service, name: string, port: number | undefined): Problem | undefined {
  const ports = (service.spec?.ports ?? []).map((one) => one.port);
  // Without a proxy before the pods any of their ports can be asked.
  const free = isHeadless(service) || service.spec?.type === "ExternalName" || ports.length === 0;
  if (free || port === undefined || ports.includes(port)) return undefined;
  return { text: `asks port ${port} of Service ${name}, which has only ${ports.join(", ")}`, certain: true };
}

/** One group for each object in which something is wrong, so that it is one finding. */
function bySource(wrong: readonly Wrong[]): Wrong[][] {
  const groups = new Map<string, Wrong[]>();
  for (const one of wrong) {
    const { kind, name, container = "" } = one.reference.variable.from;
    const key = `${kind}/${name}/${container}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

function describe(snapshot: Snapshot, list: Wrong[], services: ReadonlyMap<string, V1Service>): Finding {
  const first = list[0] as Wrong;
  const object = first.reference.variable.from;
  // The same key may be read by several containers and workloads.
  const keys = [...new Map(list.map((one) => [one.reference.variable.key, one])).values()];
  const users = new Map(list.map(({ reference }) => [reference.workload.ref.name, reference.workload]));
  const logs = new Map(
    list.flatMap(({ error }) => (error ? [[error.log.pod, logLine(error.log, error.line)] as const] : [])),
  );
  const certain = list.some((one) => one.certain || one.error !== undefined);
  return {
    ...finding("TF1525", {
      object,
      what: `${keys.map(({ reference, text }) => `${cleanLine(reference.variable.key, 80)} ${text}`).join("; ")}.`,
      severity: certain ? "error" : "warning",
      definite: certain,
      evidence: [...keys.map(specEvidence), ...logs.values()],
      fix: fixLines(object, keys, [...users.values()]),
      proposals: undoProposals(snapshot, list, services),
    }),
    blastRadius: [...users.values()].map(({ ref }) => ref),
  };
}

function specEvidence({ reference: { variable } }: Wrong): Evidence {
  return fact("spec", variable.from, `${variable.key}: ${variable.value}`);
}

/** Commands that put the value right, where it is known how and nothing in it has to be kept from sight. */
function fixLines(object: ObjectRef, keys: readonly Wrong[], users: readonly Workload[]): string[] {
  const mended = keys.flatMap(({ reference: { variable, address }, host }) => {
    const value = host && variable.value?.replace(address.host, host);
    return value && /^[\w:/.?&=%+,~-]+$/.test(value) && /^[\w.-]+$/.test(variable.key)
      ? [[variable.key, value] as const]
      : [];
  });
  if (mended.length === 0) return [];
  const at = `kubectl --namespace ${object.namespace}`;
  if (object.kind === "Deployment") {
    const pairs = mended.map(([key, value]) => `'${key}=${value}'`).join(" ");
    return [`${at} set env deployment/${object.name} --containers ${object.container} ${pairs}`];
  }
  if (object.kind !== "ConfigMap") return [];
  const patch = JSON.stringify({ data: Object.fromEntries(mended) });
  return [
    `${at} patch configmap ${object.name} --type merge --patch '${patch}'`,
    // Variables are read at the start only.
    ...users
      .filter(({ deployment }) => deployment)
      .map(({ ref }) => `${at} rollout restart deployment/${ref.name}`),
  ];
}

/** A value that stands in the Deployment itself comes back with the revision in which it was right. */
function undoProposals(
  snapshot: Snapshot,
  list: readonly Wrong[],
  services: ReadonlyMap<string, V1Service>,
): Proposal[] {
  const { variable, workload } = (list[0] as Wrong).reference;
  if (variable.from.kind !== "Deployment") return [];
  const configMaps = configMapsOf(snapshot);
  const right = (spec: Workload["spec"]) =>
    referencesOf({ ...workload, spec }, configMaps, snapshot.namespace).every(
      (reference) => problemOf(snapshot, reference, services) === undefined,
    );
  const { deployment } = workload;
  return deployment ? rollback(snapshot, newestSet(snapshot, deployment), right) : [];
}

/** Names that only a log tells of, e.g. those that come from a Secret. The database's are the databaseError's matter. */
function fromLogs(
  snapshot: Snapshot,
  services: ReadonlyMap<string, V1Service>,
  wrong: readonly Wrong[],
): Finding[] {
  const told = new Set(wrong.map(({ reference }) => reference.address.host));
  const byContainer = new Map<string, { error: NameError; service: string }[]>();
  for (const error of nameErrors(snapshot)) {
    const target = serviceName(error.host, snapshot.namespace);
    if (!target || target.namespace !== snapshot.namespace || services.has(target.service)) continue;
    if (told.has(error.host) || databaseError(error.log.lines, false)?.code === "TF1411") continue;
    const key = `${error.log.pod}/${error.log.container}`;
    byContainer.set(key, [...(byContainer.get(key) ?? []), { error, service: target.service }]);
  }
  return [...byContainer.values()].flatMap((list) => {
    const [first] = list;
    if (!first) return [];
    const { pod, container } = first.error.log;
    const hosts = list.map(({ error, service }) => {
      const near = nearest(service, services.keys());
      return `${error.host}${near ? ` (the nearest Service is ${near})` : ""}`;
    });
    return finding("TF1525", {
      object: { kind: "Pod", namespace: snapshot.namespace, name: pod, container },
      what: `it cannot resolve ${hosts.join(", ")}, and the namespace has no such Service.`,
      definite: !first.error.silent,
      evidence: list.map(({ error }) => logLine(error.log, error.line)),
    });
  });
}
