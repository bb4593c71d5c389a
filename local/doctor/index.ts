/** The doctor: looks at what TaskFlow needs on this machine and says how to mend what is missing. */
import { codes, TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import type { StackConfig } from "../../components/stackConfig.ts";
import type { Report } from "../run.ts";
import { cluster } from "./checks/cluster.ts";
import { cpus } from "./checks/cpus.ts";
import { database } from "./checks/database.ts";
import { disk } from "./checks/disk.ts";
import { buildKit, docker } from "./checks/docker.ts";
import { inotify, privileges } from "./checks/kernel.ts";
import { memory } from "./checks/memory.ts";
import { node } from "./checks/node.ts";
import { os } from "./checks/os.ts";
import { port } from "./checks/port.ts";
import { python } from "./checks/python.ts";
import { helm, kubectl, pulumi } from "./checks/tools.ts";
import { realContext } from "./context.ts";
import { canInstallDocker, installDocker } from "./installDocker.ts";
import type { Check, CheckResult, Context } from "./types.ts";

/** In the order of the report. */
export const checks: readonly Check[] = [
  os,
  docker,
  buildKit,
  disk,
  memory,
  cpus,
  port,
  node,
  python,
  kubectl,
  helm,
  pulumi,
  cluster,
  database,
  inotify,
  privileges,
];

/** What must be right before `up` starts work that takes minutes. */
const needed: readonly string[] = [
  "os",
  "docker",
  "buildkit",
  "disk",
  "memory",
  "port",
  "cluster",
  "database",
];

export interface DoctorOptions {
  config: StackConfig;
  /** Ids of the checks to run; without it all of them, or for `preflight` those that `up` needs. */
  only?: readonly string[];
  /** In place of this machine, in tests. */
  context?: Context;
}

/** Runs the checks side by side and gives their results in the report's order, each as soon as its turn has come. */
export async function* runChecks(options: DoctorOptions): AsyncGenerator<CheckResult> {
  const context = options.context ?? realContext(options.config);
  const { only } = options;
  const running = checks
    .filter(({ id }) => !only || only.includes(id))
    .map((check) => resultsOf(check, context));
  for (const results of running) yield* await results;
}

async function resultsOf(check: Check, context: Context): Promise<CheckResult[]> {
  const { id, title } = check;
  try {
    return [await check.run(context)].flat().map((outcome) => ({ id, title, ...outcome }));
  } catch (error) {
    if (error instanceof TaskFlowError) {
      return [{ id, title, status: "fail", found: error.what, code: error.code, fix: [...error.fix] }];
    }
    const message = error instanceof Error ? error.message : String(error);
    const fix = [...codes.TF1901.fix];
    return [
      { id, title, status: "fail", found: `this check failed itself: ${message}`, code: "TF1901", fix },
    ];
  }
}

export interface PreflightOptions extends DoctorOptions {
  /** Install Docker where it is missing and can be installed, without asking. */
  yes: boolean;
  report: Report;
}

/**
 * Runs what `up` needs (or `only`), and on Debian and Ubuntu as root installs Docker where it is missing (with `yes`, or where
 * nobody is there to be asked). Warnings are reported, not thrown.
 * @throws TaskFlowError with the code, finding and fix of the first check that fails.
 */
export async function preflight(options: PreflightOptions): Promise<string> {
  const context = options.context ?? realContext(options.config);
  if (await dockerAnswers(context)) return look({ ...options, context });
  // A daemon that DOCKER_HOST names is somebody else's to start.
  if (!canInstallDocker(context.machine) || context.env.DOCKER_HOST) return look({ ...options, context });
  if (!options.yes && process.stdin.isTTY) {
    const [result] = await resultsOf(docker, context);
    throw new TaskFlowError("TF1101", {
      what: result?.found ?? "Docker does not answer",
      fix: [...(result?.fix ?? []), "npm run up -- --yes   # installs Docker with apt-get and starts it"],
    });
  }
  await installDocker(options.report, context);
  // What was learned before the installation no longer holds.
  return look({ ...options, context: options.context ?? realContext(options.config) });
}

async function dockerAnswers(context: Context): Promise<boolean> {
  return context.dockerInfo().then(
    () => true,
    () => false,
  );
}

async function look(options: PreflightOptions): Promise<string> {
  let warnings = 0;
  for await (const result of runChecks({ ...options, only: options.only ?? needed })) {
    if (result.status === "fail") {
      throw new TaskFlowError(result.code ?? "TF1901", {
        what: `${result.title}: ${result.found}`,
        fix: result.fix ?? [],
      });
    }
    if (result.status === "warn") {
      warnings++;
      options.report(`⚠ ${result.title}: ${result.found} [${result.code}]`);
    }
  }
  return warnings === 0 ? "" : `${warnings} warning${warnings === 1 ? "" : "s"}; npm run doctor`;
}

export type { CheckResult } from "./types.ts";
