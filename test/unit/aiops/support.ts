/** Builds snapshots in the API's own shapes, as short as the tests can stand. */
import type {
  CoreV1Event,
  V1Container,
  V1ContainerState,
  V1ContainerStatus,
  V1Deployment,
  V1Pod,
  V1PodCondition,
  V1ReplicaSet,
} from "@kubernetes/client-node";
import type { LogTail, Snapshot } from "../../../aiops/kagent/checks/types.ts";

export const namespace = "todo-app";
/** The moment of every snapshot here. */
export const now = new Date("2026-11-23T17:00:00Z");
export const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);

export interface ContainerFacts {
  name: string;
  state?: V1ContainerState;
  lastState?: V1ContainerState;
  restarts?: number;
  ready?: boolean;
  spec?: Partial<V1Container>;
}

export interface PodFacts {
  name?: string;
  app?: string;
  init?: ContainerFacts[];
  containers?: ContainerFacts[];
  conditions?: V1PodCondition[];
  deleting?: boolean;
  /** Name of the ReplicaSet; `<app>-1` by default. */
  set?: string;
}

export function pod(facts: PodFacts = {}): V1Pod {
  const app = facts.app ?? "backend";
  const name = facts.name ?? `${app}-1-abcde`;
  const set = facts.set ?? `${app}-1`;
  const containers = facts.containers ?? [];
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      labels: { app },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: set, uid: `uid-${set}`, controller: true },
      ],
      ...(facts.deleting ? { deletionTimestamp: ago(1) } : {}),
    },
    spec: {
      nodeName: "taskflow",
      containers: containers.map(spec),
      ...(facts.init ? { initContainers: facts.init.map(spec) } : {}),
    },
    status: {
      phase: "Pending",
      conditions: facts.conditions ?? [],
      containerStatuses: containers.map(status),
      ...(facts.init ? { initContainerStatuses: facts.init.map(status) } : {}),
    },
  };
}

const spec = (facts: ContainerFacts): V1Container => ({
  name: facts.name,
  image: `todo-${facts.name}:v1.0.0-0123456789ab`,
  ...facts.spec,
});

const status = (facts: ContainerFacts): V1ContainerStatus => ({
  name: facts.name,
  image: `docker.io/library/todo-${facts.name}:v1.0.0-0123456789ab`,
  imageID: "",
  ready: facts.ready ?? false,
  restartCount: facts.restarts ?? 0,
  ...(facts.state ? { state: facts.state } : {}),
  ...(facts.lastState ? { lastState: facts.lastState } : {}),
});

export const waiting = (reason: string, message = ""): V1ContainerState => ({ waiting: { reason, message } });
export const running = (forSeconds: number): V1ContainerState => ({
  running: { startedAt: ago(forSeconds) },
});
/** Ended `before` seconds ago after a run of `lasted` seconds. */
export const terminated = (exitCode: number, reason = "Error", before = 5, lasted = 1): V1ContainerState => ({
  terminated: { exitCode, reason, startedAt: ago(before + lasted), finishedAt: ago(before) },
});

let events = 0;
export function event(
  about: V1Pod,
  reason: string,
  message: string,
  facts: { container?: string; before?: number; count?: number } = {},
): CoreV1Event {
  return {
    metadata: { name: `event-${++events}`, namespace },
    involvedObject: {
      kind: "Pod",
      name: about.metadata?.name ?? "",
      uid: about.metadata?.uid ?? "",
      ...(facts.container ? { fieldPath: `spec.containers{${facts.container}}` } : {}),
    },
    type: "Warning",
    reason,
    message,
    count: facts.count ?? 1,
    lastTimestamp: ago(facts.before ?? 1),
  };
}

export function replicaSet(
  name: string,
  facts: {
    app?: string;
    revision?: string;
    failure?: string;
    replicas?: number;
    available?: number;
    containers?: V1Container[];
  } = {},
): V1ReplicaSet {
  const app = facts.app ?? "backend";
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      annotations: { "deployment.kubernetes.io/revision": facts.revision ?? "1" },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "Deployment", name: app, uid: `uid-${app}`, controller: true },
      ],
    },
    spec: {
      replicas: facts.replicas ?? 1,
      selector: {},
      ...(facts.containers ? { template: { spec: { containers: facts.containers } } } : {}),
    },
    status: {
      replicas: 0,
      ...(facts.available === undefined ? {} : { availableReplicas: facts.available }),
      ...(facts.failure
        ? {
            conditions: [
              { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: facts.failure },
            ],
          }
        : {}),
    },
  };
}

export interface DeploymentFacts {
  replicas?: number;
  updated?: number;
  available?: number;
  total?: number;
  generation?: number;
  observed?: number;
  revision?: string;
  /** Message of a progress deadline that has passed. */
  stalled?: string;
}

export function deployment(name: string, facts: DeploymentFacts = {}): V1Deployment {
  const generation = facts.generation ?? 1;
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      generation,
      annotations: { "deployment.kubernetes.io/revision": facts.revision ?? "1" },
    },
    spec: { replicas: facts.replicas ?? 1, selector: {}, template: {}, progressDeadlineSeconds: 120 },
    status: {
      observedGeneration: facts.observed ?? generation,
      updatedReplicas: facts.updated ?? 0,
      availableReplicas: facts.available ?? 0,
      readyReplicas: facts.available ?? 0,
      replicas: facts.total ?? facts.updated ?? 0,
      ...(facts.stalled
        ? {
            conditions: [
              {
                type: "Progressing",
                status: "False",
                reason: "ProgressDeadlineExceeded",
                message: facts.stalled,
              },
            ],
          }
        : {}),
    },
  };
}

export const log = (about: V1Pod, container: string, ...lines: string[]): LogTail => ({
  pod: about.metadata?.name ?? "",
  container,
  previous: false,
  lines,
});

export function snapshot(facts: Partial<Snapshot>): Snapshot {
  return {
    namespace,
    takenAt: now,
    pods: [],
    events: [],
    deployments: [],
    replicaSets: [],
    logs: [],
    around: {},
    notChecked: [],
    ...facts,
  };
}
