/** Builds what is around the pods, as survey.ts reads it. */
import type {
  PodMetric,
  V1Node,
  V1ObjectMeta,
  V1PersistentVolumeClaim,
  V1Pod,
  V1ResourceQuota,
  V1Service,
  V2HorizontalPodAutoscaler,
  V2HorizontalPodAutoscalerCondition,
} from "@kubernetes/client-node";
import { ago, namespace } from "./support.ts";

export function metric(about: V1Pod, container: string, cpu: string, memory: string): PodMetric {
  return {
    metadata: { name: about.metadata?.name ?? "", namespace, selfLink: "", creationTimestamp: "" },
    timestamp: "",
    window: "15s",
    containers: [{ name: container, usage: { cpu, memory } }],
  };
}

export function quota(name: string, hard: Record<string, string>, used: Record<string, string>) {
  return { metadata: { name, namespace }, spec: { hard }, status: { hard, used } } satisfies V1ResourceQuota;
}

export function service(name: string, selector: Record<string, string>, clusterIP = "10.96.0.9"): V1Service {
  return {
    metadata: { name, namespace },
    spec: { selector, clusterIP, ports: [{ port: 8000 }] },
  };
}

/** Metadata of a Secret whose keys were written so many seconds ago, as the API server keeps them. */
export function secret(name: string, keys: string[], seconds: number): V1ObjectMeta {
  const data = Object.fromEntries(keys.map((key) => [`f:${key}`, {}]));
  return {
    name,
    namespace,
    creationTimestamp: ago(86_400),
    managedFields: [
      { manager: "kubectl", operation: "Update", time: ago(seconds), fieldsV1: { "f:data": data } },
      { manager: "labels", operation: "Update", time: ago(0), fieldsV1: { "f:metadata": {} } },
    ],
  };
}

export interface NodeFacts {
  cordoned?: boolean;
  /** Type of a condition and its status; Ready is True where it is not given. */
  conditions?: Record<string, string>;
  architecture?: string;
  memory?: string;
}

export function node(name: string, facts: NodeFacts = {}): V1Node {
  const conditions = Object.entries({ Ready: "True", ...facts.conditions });
  return {
    metadata: { name },
    spec: { ...(facts.cordoned ? { unschedulable: true } : {}) },
    status: {
      allocatable: { memory: facts.memory ?? "3000Mi", cpu: "2" },
      nodeInfo: { architecture: facts.architecture ?? "amd64" } as NonNullable<V1Node["status"]>["nodeInfo"] &
        object,
      conditions: conditions.map(([type, status]) => ({
        type,
        status,
        reason: `Kubelet${type}`,
        message: "said by the kubelet",
        lastTransitionTime: ago(60),
      })),
    },
  };
}

export function claim(
  name: string,
  facts: { phase?: string; storageClass?: string; age?: number; mode?: string } = {},
): V1PersistentVolumeClaim {
  return {
    metadata: { name, namespace, creationTimestamp: ago(facts.age ?? 5) },
    spec: {
      accessModes: [facts.mode ?? "ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
      ...(facts.storageClass === undefined ? {} : { storageClassName: facts.storageClass }),
    },
    status: { phase: facts.phase ?? "Pending" },
  };
}

export function autoscalerOf(
  name: string,
  conditions: Partial<V2HorizontalPodAutoscalerCondition>[],
  current = 1,
): V2HorizontalPodAutoscaler {
  return {
    metadata: { name, namespace },
    spec: { scaleTargetRef: { kind: "Deployment", name }, minReplicas: 1, maxReplicas: 3 },
    status: {
      currentReplicas: current,
      desiredReplicas: current,
      conditions: conditions.map((one) => ({
        type: "ScalingActive",
        status: "False",
        lastTransitionTime: ago(300),
        ...one,
      })),
    },
  };
}

/** The same pod with volumes that are claims. */
export function withClaims(pod: V1Pod, ...names: string[]): V1Pod {
  const volumes = names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
  return { ...pod, spec: { ...pod.spec, containers: pod.spec?.containers ?? [], volumes } };
}

export const ready = { type: "Ready", status: "True" };
