/** What the diagnosis looks at and what it says. */
import type { CoreV1Event, V1Deployment, V1Pod, V1ReplicaSet } from "@kubernetes/client-node";
import type { Code } from "../codes/index.ts";

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
  source: "status" | "event" | "log";
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
}

/** One kind of fault. Pure, and linear in what the snapshot holds. */
export type Check = (snapshot: Snapshot) => Finding[];
