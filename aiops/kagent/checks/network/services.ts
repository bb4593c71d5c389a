/** Services together with the pods and Deployments that they select. */
import type { V1Deployment, V1EndpointSlice, V1Pod, V1Service, V1ServicePort } from "@kubernetes/client-node";
import { livePods, once } from "../pods.ts";
import type { ObjectRef, Snapshot } from "../types.ts";
import { hasAll, type Labels } from "./labels.ts";

export interface ServicePods {
  service: V1Service;
  name: string;
  selector: Labels;
  /** Pods that it selects and that run or are meant to. */
  pods: V1Pod[];
  /** Deployments whose pods it selects, whether there are any pods or not. */
  deployments: V1Deployment[];
}

/** Services that select pods: those without a selector and of type ExternalName are somebody else's matter. */
export const servicePods = once((snapshot): ServicePods[] => {
  const pods = index(runningPods(snapshot), (pod) => pod.metadata?.labels);
  const deployments = index(snapshot.deployments, templateLabels);
  return (snapshot.around.services ?? []).flatMap((service) => {
    const selector = service.spec?.selector ?? {};
    if (service.spec?.type === "ExternalName" || service.metadata?.deletionTimestamp) return [];
    if (Object.keys(selector).length === 0) return [];
    return {
      service,
      name: service.metadata?.name ?? "",
      selector,
      pods: pods(selector),
      deployments: deployments(selector),
    };
  });
});

const livePodsByLabels = once((snapshot) => index(livePods(snapshot), ({ metadata }) => metadata?.labels));

/** The live pods that a Service's selector fits; none for a Service without a selector. */
export function selected(snapshot: Snapshot, { spec }: V1Service): V1Pod[] {
  const selector = spec?.selector ?? {};
  return Object.keys(selector).length === 0 ? [] : livePodsByLabels(snapshot)(selector);
}

/** Pods that may be endpoints: an evicted one stays in the list as Failed. */
export function runningPods(snapshot: Snapshot): V1Pod[] {
  return livePods(snapshot).filter(({ status }) => status?.phase !== "Failed");
}

export function templateLabels(deployment: V1Deployment): Labels {
  return deployment.spec?.template?.metadata?.labels ?? {};
}

/** Looks items up by selector, through the rarest of its pairs: linear in the items, not in items times Services. */
function index<T>(items: readonly T[], labelsOf: (item: T) => Labels | undefined): (pairs: Labels) => T[] {
  const byPair = new Map<string, T[]>();
  for (const item of items) {
    for (const [key, value] of Object.entries(labelsOf(item) ?? {})) {
      const pair = `${key}=${value}`;
      const known = byPair.get(pair);
      if (known) known.push(item);
      else byPair.set(pair, [item]);
    }
  }
  return (pairs) => {
    const lists = Object.entries(pairs).map(([key, value]) => byPair.get(`${key}=${value}`) ?? []);
    const rarest = lists.reduce((least, list) => (list.length < least.length ? list : least));
    return rarest.filter((item) => hasAll(labelsOf(item) ?? {}, pairs));
  };
}

/** What the endpoint controller has made of each Service. */
export function slicesByService(snapshot: Snapshot): Map<string, V1EndpointSlice[]> {
  const slices = new Map<string, V1EndpointSlice[]>();
  for (const slice of snapshot.around.endpointSlices ?? []) {
    const name = slice.metadata?.labels?.["kubernetes.io/service-name"];
    if (name !== undefined) slices.set(name, [...(slices.get(name) ?? []), slice]);
  }
  return slices;
}

/** Endpoints that get traffic; the API leaves `ready` out where it is not known, which counts as ready. */
export function readyEndpoints(slices: readonly V1EndpointSlice[]): number {
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false).length;
}

export const isHeadless = (service: V1Service): boolean => service.spec?.clusterIP === "None";

export function serviceRef(service: V1Service): ObjectRef {
  return {
    kind: "Service",
    namespace: service.metadata?.namespace ?? "",
    name: service.metadata?.name ?? "",
  };
}

export function deploymentRef(deployment: V1Deployment): ObjectRef {
  return {
    kind: "Deployment",
    namespace: deployment.metadata?.namespace ?? "",
    name: deployment.metadata?.name ?? "",
  };
}

/** Where a Service's port leads in a pod: its number; undefined where the pod has no port of that name. */
export function podPort(pod: Pick<V1Pod, "spec">, port: V1ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number" || /^\d+$/.test(target)) return Number(target);
  return portsOf(pod).find(
    ({ name, protocol = "TCP" }) => name === target && protocol === (port.protocol ?? "TCP"),
  )?.containerPort;
}

/** The ports that a pod's containers declare, sidecars included. */
export function portsOf({ spec }: Pick<V1Pod, "spec">) {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...(spec?.containers ?? []), ...sidecars].flatMap(({ ports }) => ports ?? []);
}

/** Does a container of the pod declare what the port leads to, or is it asked by a probe there? */
export function serves(pod: Pick<V1Pod, "spec">, port: V1ServicePort): boolean {
  const number = podPort(pod, port);
  if (number === undefined) return false;
  const protocol = port.protocol ?? "TCP";
  const declares = portsOf(pod).some(
    (one) => one.containerPort === number && (one.protocol ?? "TCP") === protocol,
  );
  return declares || probedPorts(pod).has(number);
}

function probedPorts({ spec }: Pick<V1Pod, "spec">): Set<number> {
  const probes = (spec?.containers ?? []).flatMap((one) => [
    one.startupProbe,
    one.livenessProbe,
    one.readinessProbe,
  ]);
  return new Set(
    probes.map((probe) => Number(probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port)),
  );
}

/**
 * Was all of it read? A list that was cut or refused must not be mistaken for one in which something is missing.
 * @param what as `notChecked` calls it, e.g. `services`.
 */
export function wholly(snapshot: Snapshot, ...what: string[]): boolean {
  return !snapshot.notChecked.some((missing) => what.includes(missing.what));
}
