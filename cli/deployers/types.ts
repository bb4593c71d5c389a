import type { Prepared } from "../../local/prepare.ts";
import type { Report } from "../../local/run.ts";
import type { Stack } from "../stackFile.ts";

/** What a deployment is made of and where it goes. */
export interface Target {
  stack: Stack;
  prepared: Prepared;
}

export interface DeployStep {
  title: string;
  run(report: Report, signal: AbortSignal): Promise<void>;
}

/** Pulumi or Helm: the same images and the same chart values, applied one way or the other. */
export interface Deployer {
  readonly name: "pulumi" | "helm";
  /** The steps of `up` after the preparation; the last one returns when the rollout is complete. */
  up(target: Target): DeployStep[];
  /** What `up` would change, as text for a person; empty when nothing. */
  preview(target: Target, report: Report): Promise<string>;
  /** What somebody changed in the cluster since the last `up`, as text; empty when nothing. */
  drift(target: Target, report: Report): Promise<string>;
  /** Removes everything that `up` applied; absent is fine. */
  destroy(target: Target, report: Report): Promise<void>;
}
