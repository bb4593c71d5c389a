/** The connections that the app is known to make: frontend to backend, and to every Service that configuration names. */
import type { V1Pod, V1ServicePort } from "@kubernetes/client-node";
import { ownerUid } from "../pods.ts";
import type { Snapshot } from "../types.ts";
import type { Connection, Endpoint } from "./policies.ts";
import { configMapsOf, needsNames, references } from "./references.ts";
import {
  isHeadless,
  podPort,
  portsOf,
  type ServicePods,
  serves,
  servicePods,
  templateLabels,
} from "./services.ts";
import { type Workload, workloads } from "./workloads.ts";

export interface Path {
  workload: Workload;
  target: ServicePods;
  connection: Connection;
}

/** TaskFlow's own path, for where its ConfigMaps may not be read. */
const known = { from: "frontend", service: "backend-service", port: 8000 } as const;

/** From each workload to the pods behind each Service that it talks to, one path for all pods of a template. */
export function servicePaths(snapshot: Snapshot): Path[] {
  const services = new Map(servicePods(snapshot).map((one) => [one.name, one]));
  const seen = new Set<string>();
  return wanted(snapshot).flatMap(({ workload, service, port }) => {
    const target = services.get(service);
    const key = `${workload.ref.kind}/${workload.ref.name} ${service} ${port}`;
    // A policy does not bind pods on the node's own network.
    if (!target || seen.has(key) || workload.spec.hostNetwork) return [];
    seen.add(key);
    return pathsTo(workload, target, port);
  });
}

interface Wanted {
  workload: Workload;
  service: string;
  /** Undefined: the Service's first. */
  port: number | undefined;
}

function wanted(snapshot: Snapshot): Wanted[] {
  const named = references(snapshot)
    .filter(({ target }) => target.namespace === snapshot.namespace)
    .map(({ workload, target, address }) => ({ workload, service: target.service, port: address.port }));
  const always = workloads(snapshot)
    .filter(({ labels, ref }) => labels.app === known.from && ref.kind === "Deployment")
    .filter(({ ref }) => !named.some((one) => one.workload.ref.name === ref.name))
    .map((workload) => ({ workload, service: known.service, port: known.port }));
  return [...named, ...always];
}

function pathsTo(workload: Workload, target: ServicePods, wantedPort: number | undefined): Path[] {
  const ports = target.service.spec?.ports ?? [];
  const port = wantedPort === undefined ? ports[0] : ports.find((one) => one.port === wantedPort);
  const from = endpointOf(workload);
  return destinations(target).flatMap((pod) => {
    const number = numberAt(target, pod, port, wantedPort);
    if (number === undefined || pod.spec?.hostNetwork) return [];
    const to: Endpoint = {
      namespace: from.namespace,
      labels: pod.metadata?.labels ?? {},
      ips: pod.status?.podIP ? [pod.status.podIP] : [],
      otherIps: true,
      ports: portsOf(pod),
    };
    return { workload, target, connection: { from, to, port: number, protocol: port?.protocol ?? "TCP" } };
  });
}

/** The port in the pod that a client of the Service reaches; undefined where there is none (targetPort.ts). */
function numberAt(
  { service }: ServicePods,
  pod: Pick<V1Pod, "spec">,
  port: V1ServicePort | undefined,
  wantedPort: number | undefined,
): number | undefined {
  if (isHeadless(service) && wantedPort !== undefined) return wantedPort;
  // What no container listens on is another fault, whatever the policies say.
  return port && (portsOf(pod).length === 0 || serves(pod, port)) ? podPort(pod, port) : undefined;
}

/** One pod of each template; where there are none, what the Deployment would make. */
function destinations({ pods, deployments }: ServicePods): V1Pod[] {
  if (pods.length > 0) return [...new Map(pods.map((pod) => [ownerUid(pod), pod])).values()];
  return deployments.map((deployment) => ({
    metadata: { labels: templateLabels(deployment) },
    ...(deployment.spec?.template?.spec ? { spec: deployment.spec.template.spec } : {}),
  }));
}

function endpointOf({ ref, labels, pods }: Workload): Endpoint {
  const ips = pods.flatMap(({ status }) => (status?.podIP ? [status.podIP] : []));
  return { namespace: ref.namespace, labels, ips };
}

/** From each workload that has a name to look up, to the cluster's DNS. */
export function dnsPaths(snapshot: Snapshot): { workload: Workload; connection: Connection }[] {
  const configMaps = configMapsOf(snapshot);
  const ips = (snapshot.around.clusterDns ?? [])
    .flatMap(({ endpoints }) => endpoints ?? [])
    .flatMap(({ addresses }) => addresses);
  const to: Endpoint = {
    namespace: "kube-system",
    labels: { "k8s-app": "kube-dns" },
    partialLabels: true,
    ips,
    // The DNS Service's own address, or a cache on the node.
    otherIps: true,
  };
  return workloads(snapshot)
    .filter(({ spec }) => !spec.hostNetwork && (spec.dnsPolicy ?? "ClusterFirst") === "ClusterFirst")
    .filter((workload) => needsNames(workload, configMaps))
    .map((workload) => ({
      workload,
      connection: { from: endpointOf(workload), to, port: 53, protocol: "UDP" },
    }));
}
