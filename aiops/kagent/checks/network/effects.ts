/** What follows from what on the network's side: causes of findings about Services, and who else suffers. */
import { refText } from "../finding.ts";
import { backendsOf, ingressRef } from "../ingress.ts";
import { type Starved, starved, starvedFinding } from "../noReadyEndpoint.ts";
import { ownerUid } from "../pods.ts";
import type { Finding, ObjectRef, Snapshot } from "../types.ts";
import { references } from "./references.ts";
import { serviceRef } from "./services.ts";

/**
 * Adds the Services that have no ready pod because of a finding, names the cause of those already found, lets complaints
 * in a pod's log follow from what explains them, and fills in the blast radius of root causes.
 */
export function withEffects(snapshot: Snapshot, findings: readonly Finding[]): Finding[] {
  const explained = withExplanations(findings);
  const behind = causesBehind(snapshot, explained);
  const hungry = starved(snapshot).map((service) => ({ service, causes: behind(service) }));
  const known = new Map(
    explained.filter(({ code }) => code === "TF1522").map((found) => [found.object.name, found]),
  );
  const effects = hungry.flatMap(({ service, causes }) => {
    const [cause] = causes;
    const found = known.get(service.name);
    if (!cause) return found ? [found] : [];
    return [{ ...(found ?? starvedFinding(service)), ...because(cause), confidence: cause.confidence }];
  });
  const all = withCalledServices([...explained.filter(({ code }) => code !== "TF1522"), ...effects]);
  return withBlastRadius(snapshot, all, hungry);
}

/** Codes of findings that may be nothing but a name that does not resolve or an answer that does not come. */
const complaints = /^TF(1501|1507|1508|1512|1514|1536|1545|14\d\d)$/;
const explanations = new Set(["TF1524", "TF1525", "TF1526", "TF1527"]);

/** Codes of findings whose object is a Service that gets nowhere. */
const deadServices = new Set(["TF1520", "TF1522", "TF1523"]);

/** A finding about a container whose log is the evidence of a network finding follows from that one. */
function withExplanations(findings: readonly Finding[]): Finding[] {
  const byLog = new Map<string, Finding>();
  for (const found of findings) {
    if (!explanations.has(found.code)) continue;
    for (const { source, ref } of found.evidence) {
      if (source === "log" && !byLog.has(ref)) byLog.set(ref, found);
    }
  }
  return findings.map((found) => {
    if (found.causedBy || !complaints.test(found.code)) return found;
    const cause = [found.object, ...found.affected]
      .map((object) => byLog.get(refText(object)))
      .find((one) => one !== undefined);
    return cause ? { ...found, ...because(cause) } : found;
  });
}

const because = ({ code, object }: Finding): Pick<Finding, "causedBy"> => ({ causedBy: { code, object } });

/**
 * A call that fails, or an init container that waits, follows from what is wrong with the Service that it is about;
 * where two wait for each other, one of them stays the root.
 */
function withCalledServices(findings: readonly Finding[]): Finding[] {
  const byKey = new Map(findings.map((found) => [keyOf(found), found]));
  const byService = new Map(
    findings.filter(({ code }) => deadServices.has(code)).map((found) => [found.object.name, found]),
  );
  for (const found of findings) {
    if (found.causedBy || (found.code !== "TF1545" && found.code !== "TF1536")) continue;
    const host = /calls (\S+), of which|it waits for "([^"]+)"/.exec(found.what);
    const cause = byService.get((host?.[1] ?? host?.[2] ?? "").split(".")[0] ?? "");
    if (cause && rootOf(cause, byKey) !== found) byKey.set(keyOf(found), { ...found, ...because(cause) });
  }
  return [...byKey.values()];
}

/** Finds the findings about a Service's pods and what made them: root causes first, the definite before the likely. */
function causesBehind(snapshot: Snapshot, findings: readonly Finding[]): (service: Starved) => Finding[] {
  const byObject = new Map<string, Finding[]>();
  for (const found of findings) {
    if (found.severity !== "error" || explanations.has(found.code)) continue;
    for (const { kind, name } of [found.object, ...found.affected]) {
      const key = `${kind}/${name}`;
      byObject.set(key, [...(byObject.get(key) ?? []), found]);
    }
  }
  const sets = new Map<string | undefined, string[]>();
  for (const { metadata } of snapshot.replicaSets) {
    const owner = metadata?.ownerReferences?.find(({ controller }) => controller)?.uid;
    sets.set(owner, [...(sets.get(owner) ?? []), metadata?.name ?? ""]);
  }
  const setNames = new Map(snapshot.replicaSets.map(({ metadata }) => [metadata?.uid, metadata?.name]));
  return ({ pods, deployments }) => {
    const keys = new Set([
      ...pods.map(({ metadata }) => `Pod/${metadata?.name}`),
      ...pods.map((pod) => `ReplicaSet/${setNames.get(ownerUid(pod))}`),
      ...deployments.map(({ metadata }) => `Deployment/${metadata?.name}`),
      ...deployments.flatMap(({ metadata }) =>
        (sets.get(metadata?.uid) ?? []).map((name) => `ReplicaSet/${name}`),
      ),
    ]);
    const causes = new Set([...keys].flatMap((key) => byObject.get(key) ?? []));
    return [...causes].sort((a, b) => rank(a) - rank(b) || a.code.localeCompare(b.code));
  };
}

const rank = ({ causedBy, confidence }: Finding): number =>
  (causedBy ? 2 : 0) + (confidence === "definite" ? 0 : 1);

/** Root causes name the Services that don't serve because of them, and who stands before these. */
function withBlastRadius(
  snapshot: Snapshot,
  findings: readonly Finding[],
  hungry: readonly { service: Starved; causes: readonly Finding[] }[],
): Finding[] {
  const byKey = new Map(findings.map((found) => [keyOf(found), found]));
  const lost = new Map<string, Map<string, ObjectRef>>();
  const lose = (found: Finding, service: ObjectRef) => {
    const key = keyOf(rootOf(found, byKey));
    lost.set(key, (lost.get(key) ?? new Map()).set(service.name, service));
  };
  for (const found of findings) if (deadServices.has(found.code)) lose(found, found.object);
  for (const { service, causes } of hungry) {
    for (const cause of causes) lose(cause, serviceRef(service.service));
  }
  const before = dependants(snapshot);
  return findings.map((found) => {
    if (found.causedBy) return found;
    const services = [...(lost.get(keyOf(found))?.values() ?? [])];
    const all = [
      ...(found.blastRadius ?? []),
      ...services,
      ...services.flatMap(({ name }) => before.get(name) ?? []),
    ];
    const distinct = new Map(all.map((ref) => [`${ref.kind}/${ref.namespace}/${ref.name}`, ref]));
    return distinct.size === 0 ? found : { ...found, blastRadius: [...distinct.values()] };
  });
}

function keyOf({ code, object }: { code: string; object: ObjectRef }): string {
  return [code, object.kind, object.namespace, object.name, object.container ?? ""].join("|");
}

/** Follows `causedBy` to its end, or until it goes round. */
function rootOf(found: Finding, byKey: ReadonlyMap<string, Finding>): Finding {
  const seen = new Set<Finding>();
  let root = found;
  while (root.causedBy && !seen.has(root)) {
    seen.add(root);
    root = byKey.get(keyOf(root.causedBy)) ?? root;
  }
  return root;
}

/** By Service: the Ingresses in front of it and the workloads whose configuration names it. */
function dependants(snapshot: Snapshot): Map<string, ObjectRef[]> {
  const byService = new Map<string, ObjectRef[]>();
  const add = (service: string, ref: ObjectRef) =>
    byService.set(service, [...(byService.get(service) ?? []), ref]);
  for (const ingress of snapshot.around.ingresses ?? []) {
    for (const { backend } of backendsOf(ingress)) {
      if (backend.service) add(backend.service.name, ingressRef(ingress));
    }
  }
  for (const { target, workload } of references(snapshot)) {
    if (target.namespace === snapshot.namespace) add(target.service, workload.ref);
  }
  return byService;
}
