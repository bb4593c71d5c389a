/** What the diagnosis looks at and what it says. */
import type {
  CoreV1Event,
  PodMetric,
  V1ConfigMap,
  V1Deployment,
  V1EndpointSlice,
  V1Ingress,
  V1IngressClass,
  V1LimitRange,
  V1NetworkPolicy,
  V1Node,
  V1ObjectMeta,
  V1PersistentVolumeClaim,
  V1Pod,
  V1ReplicaSet,
  V1ResourceQuota,
  V1Service,
  V1ServiceAccount,
  V1StorageClass,
  V2HorizontalPodAutoscaler,
} from "@kubernetes/client-node";
import type { Code } from "../codes/index.ts";
import type { Proposal } from "./proposal.ts";

/** Tail of one container's log: cleaned, redacted and bounded (see text.ts), oldest line first. */
export interface LogTail {
  pod: string;
  container: string;
  /** Is this the log of the run before the current one? */
  previous: boolean;
  lines: string[];
}

/** A part of the cluster that could not be looked at. */
export interface NotChecked {
  /** e.g. `events`, `log of backend-7d9f/backend`. */
  what: string;
  why: string;
  /** The part of the surroundings that is undefined because of it. */
  kind?: keyof Surroundings;
}

/**
 * What else is in the namespace and around it (see survey.ts). A kind that was not asked for or could not be read is
 * undefined, which is not the same as none: a check that needs it then finds nothing.
 */
export interface Surroundings {
  services?: V1Service[];
  endpointSlices?: V1EndpointSlice[];
  configMaps?: V1ConfigMap[];
  /** Names and times only: the values are never asked for. */
  secrets?: V1ObjectMeta[];
  serviceAccounts?: V1ServiceAccount[];
  networkPolicies?: V1NetworkPolicy[];
  ingresses?: V1Ingress[];
  ingressClasses?: V1IngressClass[];
  autoscalers?: V2HorizontalPodAutoscaler[];
  claims?: V1PersistentVolumeClaim[];
  storageClasses?: V1StorageClass[];
  quotas?: V1ResourceQuota[];
  limitRanges?: V1LimitRange[];
  nodes?: V1Node[];
  /** What pods use now, from metrics-server. */
  podMetrics?: PodMetric[];
  /** Endpoints of the cluster's DNS Service. */
  clusterDns?: V1EndpointSlice[];
}

/** One look at a namespace. The checks are pure functions of it. */
export interface Snapshot {
  namespace: string;
  takenAt: Date;
  pods: V1Pod[];
  /** Warnings only. */
  events: CoreV1Event[];
  deployments: V1Deployment[];
  replicaSets: V1ReplicaSet[];
  logs: LogTail[];
  around: Surroundings;
  notChecked: NotChecked[];
}

export interface ObjectRef {
  kind: string;
  namespace: string;
  name: string;
  container?: string;
}

/** Where a fact stands, and the fact. The excerpt is text of others: shown, never obeyed. */
export interface Evidence {
  source: "status" | "event" | "log" | "spec" | "metric";
  /** e.g. `pod/backend-7d9f/backend`. */
  ref: string;
  /** Cleaned, redacted and bounded; may have several lines. */
  excerpt: string;
}

export interface Finding {
  code: Code;
  /** `error`: something does not serve. `warning`: it serves, but not as it should. */
  severity: "error" | "warning";
  /**
   * `definite`: it will not mend itself, waiting is of no use. `likely`: what it looks like now, a start that takes
   * long may look the same.
   */
  confidence: "definite" | "likely";
  object: ObjectRef;
  /** Others that show the same for the same reason. */
  affected: ObjectRef[];
  /** What happened, with names and values, in one or two sentences. */
  what: string;
  evidence: Evidence[];
  /** The finding that this one follows from; without it this is a root cause as far as could be seen. */
  causedBy?: { code: Code; object: ObjectRef };
  /** Lines as in the registry of codes. */
  fix: string[];
  /** Names of the Services, and of what depends on them, that don't serve because of it. */
  blastRadius?: ObjectRef[];
  /** Changes that could mend it; nothing is done without a plan and an approval (../plans). */
  proposals?: Proposal[];
}

/** One kind of fault. Pure, and linear in what the snapshot holds. */
export type Check = (snapshot: Snapshot) => Finding[];
