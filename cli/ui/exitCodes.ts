/**
 * What a verb's exit code says, for scripts. The one table; docs/runbooks/README.md has it for readers, and a test
 * holds the two together.
 *
 *   0    done
 *   1    failed: an image, a deployer, the cluster's own start, or a defect
 *   2    usage or configuration: what was asked for is wrong (TF10xx, TF1549, TF1802, TF1803)
 *   3    this machine or something it relies on is not ready: Docker, disk, ports, cluster, database
 *        (TF11xx, TF13xx, TF14xx)
 *   4    deployed, but the pods do not become healthy (TF15xx)
 *   5    `scan` could not scan (TF1209): nothing is known about the images
 *   130  interrupted by Ctrl-C; 143 by SIGTERM
 */
import { CommanderError } from "commander";
import { type Code, TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { Interrupted } from "./interrupt.ts";

export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notReady: 3,
  unhealthy: 4,
  notScanned: 5,
  interrupted: 130,
  terminated: 143,
} as const;

const byArea: Readonly<Record<string, number>> = {
  TF10: exitCodes.usage,
  TF11: exitCodes.notReady,
  TF13: exitCodes.notReady,
  TF14: exitCodes.notReady,
  TF15: exitCodes.unhealthy,
};

/** Codes that end otherwise than their area. */
const byCode: Readonly<Partial<Record<Code, number>>> = {
  TF1209: exitCodes.notScanned,
  TF1549: exitCodes.usage,
  TF1802: exitCodes.usage,
  TF1803: exitCodes.usage,
};

/** The exit code with which the process ends after this error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof TaskFlowError) {
    return byCode[error.code] ?? byArea[error.code.slice(0, 4)] ?? exitCodes.failure;
  }
  if (error instanceof Interrupted) {
    return error.signal === "SIGTERM" ? exitCodes.terminated : exitCodes.interrupted;
  }
  // Commander throws for --help and --version too, with exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  return exitCodes.failure;
}
