/** Which finding follows from which: along containers, claims, nodes, the database and calls between the app's parts. */
import type { V1Pod } from "@kubernetes/client-node";
import type { Code } from "../codes/index.ts";
import {
  databaseImage,
  databaseName,
  isDatabaseCode,
  isDatabaseServer,
  usesDatabase,
} from "./databaseError.ts";
import { waitsFor } from "./hangingInit.ts";
import { deploymentNameOf, setOf } from "./history.ts";
import { selected } from "./network/services.ts";
import { component, containers, ownerUid } from "./pods.ts";
import type { Finding, Snapshot } from "./types.ts";

/** Gives the cause of a finding; undefined where this rule knows none. */
type Rule = (found: Finding) => Finding | undefined;

/** Adds `causedBy` where it is not known yet; no finding becomes its own cause, over however many steps. */
export function linkCauses(snapshot: Snapshot, findings: readonly Finding[]): Finding[] {
  const rules = [sameContainer, claim, node, database, call, wait].map((rule) => rule(snapshot, findings));
  const causes = new Map<Finding, Finding>();
  const leadsTo = (from: Finding, to: Finding): boolean => {
    for (let at: Finding | undefined = from; at; at = causes.get(at)) if (at === to) return true;
    return false;
  };
  for (const found of findings) {
    if (found.causedBy) continue;
    for (const rule of rules) {
      const cause = rule(found);
      if (!cause || leadsTo(cause, found)) continue;
      causes.set(found, cause);
      break;
    }
  }
  return findings.map((found) => {
    const cause = causes.get(found);
    return cause ? { ...found, causedBy: { code: cause.code, object: cause.object } } : found;
  });
}

type MakeRule = (snapshot: Snapshot, findings: readonly Finding[]) => Rule;

/** [what explains, what it explains in the same container] */
const explains: readonly (readonly [Code, (effect: Finding) => boolean])[] = [
  ["TF1542", ({ code }) => ["TF1401", "TF1414", "TF1507", "TF1501", "TF1543"].includes(code)],
  ["TF1537", ({ code }) => ["TF1401", "TF1417", "TF1507", "TF1501"].includes(code)],
  ["TF1535", ({ code }) => ["TF1507", "TF1501"].includes(code)],
  ["TF1538", ({ code }) => ["TF1507", "TF1501"].includes(code)],
  ["TF1543", ({ code }) => ["TF1507", "TF1501"].includes(code)],
  ["TF1544", ({ code }) => ["TF1507", "TF1501"].includes(code)],
  ["TF1530", ({ code, what }) => ["TF1507", "TF1512"].includes(code) && what.includes("no answer comes")],
];

const sameContainer: MakeRule = (snapshot, findings) => {
  const owners = ownerOf(snapshot);
  const key = (found: Finding) => `${owners(found)}/${found.object.container}`;
  const byContainer = Map.groupBy(findings, key);
  return (found) =>
    explains
      .filter(([, fits]) => fits(found))
      .map(([code]) => byContainer.get(key(found))?.find((other) => other.code === code))
      .find((cause) => cause !== undefined);
};

const claim: MakeRule = (snapshot, findings) => {
  const pods = podsByName(snapshot);
  const byClaim = new Map(
    findings.filter(({ code }) => code === "TF1534").map((found) => [found.object.name, found]),
  );
  return ({ code, object }) => {
    if (code !== "TF1506" && code !== "TF1515") return undefined;
    const volumes = pods.get(object.name)?.spec?.volumes ?? [];
    return volumes
      .map(({ persistentVolumeClaim }) => byClaim.get(persistentVolumeClaim?.claimName ?? ""))
      .find((cause) => cause !== undefined);
  };
};

const node: MakeRule = (snapshot, findings) => {
  const pods = podsByName(snapshot);
  const onNode = findings.filter(({ object }) => object.kind === "Node");
  return (found) => {
    const text = found.evidence.map(({ excerpt }) => excerpt).join("\n");
    if (found.code === "TF1506") {
      const cordoned = /were unschedulable|node\.kubernetes\.io\/unschedulable/.test(text);
      const unfit = /node\.kubernetes\.io\/(?:not-ready|unreachable|\w+-pressure)/.test(text);
      return onNode.find(({ code }) => (code === "TF1540" && cordoned) || (code === "TF1539" && unfit));
    }
    const place = pods.get(found.object.name)?.spec?.nodeName;
    return found.code === "TF1541"
      ? onNode.find(({ code, object }) => code === "TF1539" && object.name === place)
      : undefined;
  };
};

/** Codes of a database that cannot be reached, whoever it is that asks. */
const unreachable = new Set<Code>(["TF1401", "TF1411", "TF1412", "TF1413", "TF1419"]);

/**
 * All that fail on the database have one cause. Where it runs in the namespace and is not well, that is it; otherwise
 * the finding that says most.
 */
const database: MakeRule = (snapshot, findings) => {
  const owners = ownerOf(snapshot);
  const servers = new Set(snapshot.pods.filter(isDatabaseServer).map((pod) => pod.metadata?.name));
  const serverNames = databaseNames(snapshot);
  const isServer = ({ object }: Finding) =>
    object.kind === "Pod" ? servers.has(object.name) : serverNames.has(object.name);
  const server = findings.find(
    (found) =>
      isServer(found) && found.severity === "error" && !found.causedBy && !isDatabaseCode(found.code),
  );
  const clients = findings.filter((found) => isDatabaseCode(found.code) && !isServer(found));
  const speakers = [...clients].sort((a, b) => weight(a) - weight(b) || order(a).localeCompare(order(b)));
  const given = databaseClients(snapshot);
  return (found) => {
    if (isServer(found)) return undefined;
    const other = (one: Finding) =>
      owners(one) !== owners(found) || one.object.container !== found.object.container;
    if (found.code === "TF1507" && given.has(found.object.name) && /answers HTTP 5\d\d/.test(found.what)) {
      return server ?? speakers.find((one) => other(one));
    }
    if (!isDatabaseCode(found.code)) return undefined;
    if (server && unreachable.has(found.code)) return server;
    const speaker = speakers.find((one) => sameTrouble(one, found));
    return speaker === found ? undefined : speaker;
  };
};

/** Database, host and user, as far as a sentence names them: `(db:5432/todo as app)`. */
const target = ({ what }: Finding): string | undefined => /\((\S+) as \S+\)/.exec(what)?.[1];

function sameTrouble(a: Finding, b: Finding): boolean {
  const [one, two] = [target(a), target(b)];
  if (one !== undefined && two !== undefined && one !== two) return false;
  if (a.code === b.code || a.code === "TF1401" || b.code === "TF1401") return true;
  return unreachable.has(a.code) && unreachable.has(b.code);
}

/** The surest first, then the one that says most: a code with a reason, a sentence with an address. */
const weight = (found: Finding): number =>
  (found.confidence === "definite" ? 0 : 4) +
  (found.code === "TF1401" ? 2 : 0) +
  (target(found) === undefined ? 1 : 0);

const order = ({ code, object }: Finding): string => `${code} ${object.name} ${object.container ?? ""}`;

/** Names of Services, ReplicaSets, Deployments and claims of databases. */
function databaseNames(snapshot: Snapshot): Set<string | undefined> {
  const pods = snapshot.pods.filter(isDatabaseServer);
  const sets = pods.map((pod) => setOf(snapshot, pod));
  const services = (snapshot.around.services ?? []).filter(
    (service) =>
      databaseName.test(service.metadata?.name ?? "") || selected(snapshot, service).some(isDatabaseServer),
  );
  const deployments = snapshot.deployments.filter(
    ({ metadata, spec }) =>
      databaseName.test(metadata?.name ?? "") ||
      spec?.template?.spec?.containers?.some(({ image }) => databaseImage.test(image ?? "")),
  );
  return new Set([
    ...[...services, ...deployments].map(({ metadata }) => metadata?.name),
    ...sets.flatMap((set) => (set ? [set.metadata?.name, deploymentNameOf(set)] : [])),
    ...pods.flatMap(({ spec }) =>
      (spec?.volumes ?? []).map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName),
    ),
  ]);
}

/** Names of pods that are given a database's address. */
const databaseClients = (snapshot: Snapshot): Set<string | undefined> =>
  new Set(
    containers(snapshot)
      .filter(usesDatabase)
      .map(({ pod }) => pod.metadata?.name),
  );

/** A failing call follows from what keeps the other part's pods from serving. */
const call: MakeRule = (snapshot, findings) => {
  const parts = partsOf(snapshot);
  return (found) => {
    const name = /calls (\S+), of which/.exec(found.what)?.[1];
    if (found.code !== "TF1545" || name === undefined) return undefined;
    return findings.find((other) => other.severity === "error" && other !== found && parts(other).has(name));
  };
};

/** An init container that waits for a Service follows from what keeps that one's pods from serving. */
const wait: MakeRule = (snapshot, findings) => {
  const parts = partsOf(snapshot);
  const hosts = new Map(
    containers(snapshot)
      .filter(({ init }) => init)
      .map((container) => [`${container.pod.metadata?.name}/${container.name}`, waitsFor(container)]),
  );
  return (found) => {
    const host = hosts.get(`${found.object.name}/${found.object.container}`)?.split(".")[0];
    if (found.code !== "TF1536" || host === undefined) return undefined;
    return findings.find((other) => other.severity === "error" && other !== found && parts(other).has(host));
  };
};

/** The names under which a finding's object is known: its part of the app, its Deployment, the Services before it. */
function partsOf(snapshot: Snapshot): (found: Finding) => Set<string | undefined> {
  const pods = podsByName(snapshot);
  const services = new Map<string | undefined, (string | undefined)[]>();
  for (const service of snapshot.around.services ?? []) {
    for (const pod of selected(snapshot, service)) {
      const known = services.get(pod.metadata?.name) ?? [];
      services.set(pod.metadata?.name, [...known, service.metadata?.name]);
    }
  }
  return ({ object }) => {
    const pod = object.kind === "Pod" ? pods.get(object.name) : undefined;
    if (pod) {
      const deployment = deploymentNameOf(setOf(snapshot, pod));
      return new Set([component(pod), deployment, ...(services.get(object.name) ?? [])]);
    }
    const set = snapshot.replicaSets.find(({ metadata }) => metadata?.name === object.name);
    return new Set([object.kind === "ReplicaSet" ? deploymentNameOf(set) : object.name]);
  };
}

const podsByName = (snapshot: Snapshot): Map<string | undefined, V1Pod> =>
  new Map(snapshot.pods.map((pod) => [pod.metadata?.name, pod]));

function ownerOf(snapshot: Snapshot): (found: Finding) => string {
  const pods = podsByName(snapshot);
  return ({ object }) => {
    const pod = object.kind === "Pod" ? pods.get(object.name) : undefined;
    return pod ? ownerUid(pod) : `${object.kind}/${object.name}`;
  };
}
