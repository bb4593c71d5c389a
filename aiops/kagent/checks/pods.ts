/** Reading pods: their containers, their owners, how often something exited. */
import type {
  CoreV1Event,
  V1Container,
  V1ContainerStateTerminated,
  V1ContainerStatus,
  V1Pod,
} from "@kubernetes/client-node";
import type { ObjectRef, Snapshot } from "./types.ts";

/** A container together with what the kubelet says of it. */
export interface Container {
  pod: V1Pod;
  /** Has it to end before the app starts? (A sidecar among the init containers counts as an app container.) */
  init: boolean;
  name: string;
  spec: V1Container | undefined;
  status: V1ContainerStatus;
}

/**
 * Pods that are meant to run: not being deleted, not finished, not taken off their node (evicted, node shut down: what
 * is left is a record), and no failed try of a Job that succeeded since.
 */
export function livePods(snapshot: Snapshot): V1Pod[] {
  const phaseOf = (pod: V1Pod) => pod.status?.phase;
  const done = new Set(snapshot.pods.filter((pod) => phaseOf(pod) === "Succeeded").map(ownerUid));
  return snapshot.pods.filter((pod) => {
    if (pod.metadata?.deletionTimestamp || phaseOf(pod) === "Succeeded") return false;
    return phaseOf(pod) !== "Failed" || !(pod.status?.reason || done.has(ownerUid(pod)));
  });
}

/** The containers of every live pod that the kubelet has reported on. */
export function containers(snapshot: Snapshot): Container[] {
  return livePods(snapshot).flatMap((pod) => {
    const initSpecs = new Map(pod.spec?.initContainers?.map((spec) => [spec.name, spec]));
    const specs = new Map(pod.spec?.containers?.map((spec) => [spec.name, spec]));
    const init = (pod.status?.initContainerStatuses ?? []).map((status) => {
      const spec = initSpecs.get(status.name);
      return { pod, init: spec?.restartPolicy !== "Always", name: status.name, spec, status };
    });
    const app = (pod.status?.containerStatuses ?? []).map((status) => ({
      pod,
      init: false,
      name: status.name,
      spec: specs.get(status.name),
      status,
    }));
    return [...init, ...app];
  });
}

/**
 * How the container last ended, while it is not well again. Undefined for one that is ready or has done its work, and
 * where the kubelet does not know (the node was restarted).
 */
export function lastExit({ status, init }: Container): V1ContainerStateTerminated | undefined {
  const now = status.state?.terminated;
  const exit = now ?? (status.ready ? undefined : status.lastState?.terminated);
  if (!exit || exit.reason === "Unknown" || exit.reason === "ContainerStatusUnknown") return undefined;
  return init && now?.exitCode === 0 ? undefined : exit;
}

/** How many runs of this container have ended. */
export function exits({ status }: Container): number {
  const between = !status.state?.running && (status.state?.terminated || status.lastState?.terminated);
  return status.restartCount + (between ? 1 : 0);
}

/** Exit code with which TaskFlow's programs refuse a wrong environment (EX_CONFIG of sysexits.h). */
export const wrongEnvironment = 78;

/** A run shorter than this, in seconds, ended "soon after its start". */
const shortRun = 60;

/**
 * Does the container end again and again, so that it will not come up by itself? True from its second short run on,
 * and when the kubelet already waits before the next try.
 */
export function keepsExiting(container: Container): boolean {
  if (container.status.state?.waiting?.reason === "CrashLoopBackOff") return true;
  const exit = lastExit(container);
  return exit !== undefined && exits(container) >= 2 && runSeconds(exit) < shortRun;
}

/** How long a run that has ended lasted; 0 where the kubelet did not see it start. */
export function runSeconds({ startedAt, finishedAt }: V1ContainerStateTerminated): number {
  if (!startedAt || !finishedAt) return 0;
  return (new Date(finishedAt).getTime() - new Date(startedAt).getTime()) / 1000;
}

/** Warnings about a pod, oldest first; with `container`, only those about that container. */
export function eventsOf(snapshot: Snapshot, pod: V1Pod, container?: string): CoreV1Event[] {
  return (eventsByUid(snapshot).get(pod.metadata?.uid) ?? [])
    .filter((event) => container === undefined || containerOf(event) === container)
    .sort((a, b) => eventTime(a) - eventTime(b));
}

/** Found once for all pods: else each pod would look through the events of all. */
const eventsByUid = once((snapshot) => Map.groupBy(snapshot.events, (event) => event.involvedObject.uid));

/** Makes `compute` run once a snapshot, which nobody changes. */
export function once<T>(compute: (snapshot: Snapshot) => T): (snapshot: Snapshot) => T {
  const known = new WeakMap<Snapshot, { value: T }>();
  return (snapshot) => {
    const found = known.get(snapshot) ?? { value: compute(snapshot) };
    known.set(snapshot, found);
    return found.value;
  };
}

/** `spec.containers{backend}` -> `backend` */
function containerOf(event: CoreV1Event): string | undefined {
  return /\{(.+)\}$/.exec(event.involvedObject.fieldPath ?? "")?.[1];
}

/** When an event last happened, in milliseconds since 1970. */
export function eventTime(event: CoreV1Event): number {
  const at =
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.metadata.creationTimestamp;
  return at ? new Date(at).getTime() : 0;
}

/** Seconds from `at` to the moment of the snapshot; 0 where `at` is unknown. */
export function secondsSince(snapshot: Snapshot, at: Date | undefined): number {
  return at ? (snapshot.takenAt.getTime() - new Date(at).getTime()) / 1000 : 0;
}

/** The lines of a container's log that the snapshot holds; none where it could not be read. */
export function logOf(snapshot: Snapshot, { pod, name }: Container): string[] {
  return snapshot.logs.find((log) => log.pod === pod.metadata?.name && log.container === name)?.lines ?? [];
}

export function podRef(pod: V1Pod, container?: string): ObjectRef {
  return {
    kind: "Pod",
    namespace: pod.metadata?.namespace ?? "",
    name: pod.metadata?.name ?? "",
    ...(container === undefined ? {} : { container }),
  };
}

/** What people call this pod's part of the app: its `app` label, e.g. `backend`; otherwise the pod's own name. */
export function component(pod: V1Pod): string {
  const labels = pod.metadata?.labels ?? {};
  return labels.app ?? labels["app.kubernetes.io/component"] ?? pod.metadata?.name ?? "";
}

/** What the kubelet says of a pod's containers, those that run first and end included. */
export const statusesOf = (pod: V1Pod): V1ContainerStatus[] => [
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.containerStatuses ?? []),
];

export const isReady = (pod: V1Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

/** Of all containers together. */
export const restartsOf = (pod: V1Pod): number =>
  statusesOf(pod).reduce((sum, { restartCount }) => sum + restartCount, 0);

/** The same container of all pods that one controller made: they are copies of each other. */
export const copiesKey = ({ pod, name }: Pick<Container, "pod" | "name">): string =>
  `${ownerUid(pod)}/${name}`;

/** UID of the controller (a ReplicaSet as a rule) that made the pod; its own UID where there is none. */
export function ownerUid(pod: V1Pod): string {
  return pod.metadata?.ownerReferences?.find((owner) => owner.controller)?.uid ?? pod.metadata?.uid ?? "";
}
