/** What a plan is: one small change, worked out and shown before anybody says yes to it. */
import type { Proposal } from "../checks/proposal.ts";
import type { ObjectRef } from "../checks/types.ts";
import type { Code } from "../codes/index.ts";

/** The kinds of object that a plan may touch. */
export type Kind = "Deployment" | "Service" | "NetworkPolicy";

/** The object as it was when the plan was made. For one that is to be created `uid` and `resourceVersion` are empty. */
export interface Target {
  kind: Kind;
  name: string;
  uid: string;
  resourceVersion: string;
  /** Deployments only: goes up with each change of what is wanted, not with the status. */
  generation?: number;
}

/** RFC 6902. `test` makes the API server refuse the whole patch where the value is another. */
export type PatchOp =
  | { op: "test" | "add" | "replace"; path: string; value: unknown }
  | { op: "remove"; path: string };

/** The exact request to the API server. */
export type Change =
  | { verb: "patch"; kind: "Deployment" | "Service"; name: string; body: PatchOp[] }
  /** One policy for each direction in which traffic is held back; `name` is the first one's. */
  | { verb: "create"; kind: "NetworkPolicy"; name: string; policies: NewPolicy[] }
  /** All or none: each is deleted only while it has this content. */
  | { verb: "delete"; kind: "NetworkPolicy"; name: string; policies: { name: string; spec: unknown }[] };

/** A NetworkPolicy as it is sent. */
export interface NewPolicy {
  apiVersion: string;
  kind: "NetworkPolicy";
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: Record<string, unknown>;
}

/** One field that changes, as the API server's dry run says. Values are cleaned text; `undefined` is "not set". */
export interface Difference {
  /** e.g. `spec.template.spec.containers[backend].resources.limits.memory` */
  path: string;
  before?: string;
  after?: string;
}

/** `low`: nothing restarts. `medium`: pods are replaced one by one. `high`: another version of the app will serve. */
export type Risk = "low" | "medium" | "high";

/** proposed -> approved -> applying -> applied -> verified | undone | failed; proposed -> expired | failed. */
export type PlanState =
  | "proposed"
  | "approved"
  | "applying"
  | "applied"
  | "verified"
  | "undone"
  | "failed"
  | "expired";

/** How a person said yes. `hash` is that of the plan that was shown. */
export type Approval =
  | { kind: "terminal" | "roundTrip"; by: string; hash: string }
  | { kind: "code"; by: string; hash: string; code: string };

/** What the hash covers: all of it is fixed when the plan is made. */
export interface PlanContent {
  /** Opaque and random. */
  id: string;
  namespace: string;
  proposal: Proposal;
  /** What the change is to mend. */
  finding: { code: Code; object: ObjectRef };
  target: Target;
  change: Change;
  diff: Difference[];
  risk: Risk;
  /** The exact inverse, from the object's state before. */
  undo: Change;
  /** ISO 8601. */
  createdAt: string;
  expiresAt: string;
  /** Name of the caller. */
  createdBy: string;
}

export interface Plan extends PlanContent {
  /** SHA-256 over the content, in hex. */
  hash: string;
  state: PlanState;
  /** Wrong approval codes so far. */
  wrongCodes: number;
  approvedBy?: { kind: Approval["kind"]; by: string; at: string };
  /** When the change was sent. */
  appliedAt?: string;
  /** It is not known whether the change reached the cluster: the API server went away meanwhile. */
  uncertain?: boolean;
  /** How it ended, for people. */
  outcome?: { code?: Code; what: string; at: string };
}
