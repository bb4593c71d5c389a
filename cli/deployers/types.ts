import type { ImageName, ImageSpec } from "../../components/imageBuild.ts";
import type { ReleaseContent } from "../../components/releaseContent.ts";
import type { Prepared } from "../../local/prepare.ts";
import type { Report } from "../../local/run.ts";
import type { Stack } from "../stackFile.ts";
import type { Step } from "../ui/steps.ts";

/** A stack and the way to its cluster. */
export interface Place {
  stack: Stack;
  prepared: Pick<Prepared, "access">;
}

/** What is deployed and where it goes. */
export interface Target extends Place {
  prepared: Prepared;
  release: ReleaseContent;
  /** Where `release` is recorded, relative to the repo, when it is an earlier one. */
  recorded?: string;
}

/** What the checkout says now, its images with it. */
export interface CurrentTarget extends Target {
  specs: Readonly<Record<ImageName, ImageSpec>>;
}

/** Pulumi or Helm: the same images and the same chart values, applied one way or the other. */
export interface Deployer {
  readonly name: "pulumi" | "helm";
  /** The steps of `up` after the preparation; when the last one is done, the rollout is complete. `target` is there once the first one runs. */
  up(target: () => CurrentTarget): [Step, ...Step[]];
  /** The steps that apply `target().release`, an earlier one whose images are there, and wait for its rollout. */
  rollback(target: () => Target): [Step, ...Step[]];
  /** What `up` would change, as text for a person; empty when nothing. */
  preview(target: Target, report: Report, signal: AbortSignal): Promise<string>;
  /** What somebody changed in the cluster since the last `up`, as text; empty when nothing. */
  drift(target: Target, report: Report, signal: AbortSignal): Promise<string>;
  /** Removes what `up` applied; absent is fine. */
  destroy(place: Place, report: Report, signal: AbortSignal): Promise<void>;
  /** Drops what is remembered of a deployment whose cluster is gone with everything in it. */
  forget(stack: Stack): Promise<void>;
}
