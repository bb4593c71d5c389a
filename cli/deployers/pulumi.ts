/** Deploys with the Pulumi CLI: the program in index.ts does the work, this runs it and watches the rollout beside it. */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Code, codes, TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { returnTo } from "../../components/releaseContent.ts";
import { alive } from "../../local/alive.ts";
import type { KubeAccess } from "../../local/clusters/types.ts";
import { repoRoot } from "../../local/paths.ts";
import { handOver, type Prepared } from "../../local/prepare.ts";
import { lastLines, type Report, type RunResult, run } from "../../local/run.ts";
import type { PulumiCli } from "../../local/toolchain/index.ts";
import type { Stack } from "../stackFile.ts";
import type { Step } from "../ui/steps.ts";
import { rolloutStep, watchOrThrow } from "./rollout.ts";
import type { Deployer, Target } from "./types.ts";

/** The passphrase that the README documents for the dev stack; production's is nobody's but yours. */
export const devPassphrase = "taskflow-dev";

/** Environment of a Pulumi run; what the user has set wins. */
function environment(stack: Stack): Record<string, string> {
  const { PULUMI_CONFIG_PASSPHRASE: phrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  return {
    PULUMI_SKIP_UPDATE_CHECK: "true",
    TASKFLOW_CLUSTER: stack.config.cluster,
    ...(stack.config.environment === "dev" && phrase === undefined && file === undefined
      ? { PULUMI_CONFIG_PASSPHRASE: devPassphrase }
      : {}),
  };
}

interface Running {
  /** For a command that runs the program. */
  prepared?: Prepared;
  env?: Record<string, string>;
  report?: Report;
  signal?: AbortSignal;
}

export function pulumiDeployer(cli: PulumiCli): Deployer {
  async function pulumi(
    stack: Stack,
    args: string[],
    { prepared, env = {}, report, signal }: Running = {},
  ): Promise<RunResult> {
    return run(cli.path, [...args, "--stack", stack.name, "--non-interactive", "--color", "never"], {
      cwd: repoRoot,
      env: { ...cli.env, ...environment(stack), ...(prepared ? handOver(prepared) : {}), ...env },
      ...(report ? { report } : {}),
      // SIGINT lets Pulumi write its state before it ends, a second one does not. Out of the terminal's process group
      // it gets ours alone, and not Ctrl-C's own beside it.
      ...(signal
        ? { cancelSignal: signal, killSignal: "SIGINT", forceKillAfterDelay: 60_000, detached: true }
        : {}),
    });
  }

  /** Runs a command on the stack; makes the stack at its first use and removes the lock of a run that died. */
  async function onStack(
    stack: Stack,
    args: string[],
    running: Running & { report: Report },
  ): Promise<RunResult> {
    let result = await pulumi(stack, args, running);
    if (result.failed && /no stack named/.test(result.all)) {
      const init = await pulumi(stack, ["stack", "init"]);
      if (init.failed) throw failure(stack, "stack init", init);
      result = await pulumi(stack, args, running);
    }
    if (result.failed && /currently locked by/.test(result.all) && locksAreStale(result.all)) {
      running.report("removing the lock of a run that was killed");
      await pulumi(stack, ["cancel", "--yes"]);
      result = await pulumi(stack, args, running);
    }
    return result;
  }

  // Pulumi waits only for what it changes; pods that failed since the last run are none of its business, but the
  // rollout step's after it.
  function deployStep(target: () => Target): Step {
    return {
      title: "Deploy with Pulumi",
      run: async (report, { signal }) => {
        const { stack, prepared, recorded } = target();
        const stop = new AbortController();
        const either = AbortSignal.any([signal, stop.signal]);
        let watch: Promise<void> | undefined;
        let watchFailure: unknown;
        const lines: Report = (line) => {
          const text = resourceLine(line);
          if (text) report(text);
          // From the first change of a Deployment on, the pods say sooner than Pulumi's own wait what is wrong.
          if (!watch && startsRollout(line)) {
            watch = keepWatching(stack, prepared.access, either).catch((error) => {
              if (either.aborted) return;
              watchFailure = error;
              stop.abort(error);
            });
          }
        };
        const result = await onStack(stack, ["up", "--yes", "--skip-preview", "--refresh"], {
          prepared,
          env: recorded === undefined ? {} : returnTo(recorded),
          report: lines,
          signal: either,
        });
        if (!result.failed) stop.abort();
        await watch;
        if (watchFailure) throw watchFailure;
        signal.throwIfAborted();
        if (result.failed) throw failure(stack, "up", result);
        return summary(result.stdout);
      },
    };
  }

  return {
    name: "pulumi",
    up: (target) => [deployStep(target), rolloutStep(target)],
    rollback: (target) => [deployStep(target), rolloutStep(target)],
    async preview({ stack, prepared }, report, signal) {
      const result = await onStack(stack, ["preview", "--diff", "--refresh"], { prepared, report, signal });
      if (result.failed) throw failure(stack, "preview", result);
      return changes(result.stdout);
    },
    async drift({ stack }, report, signal) {
      const result = await onStack(stack, ["refresh", "--preview-only", "--diff"], { report, signal });
      if (result.failed) throw failure(stack, "refresh", result);
      return changes(result.stdout);
    },
    async destroy({ stack }, report, signal) {
      const result = await onStack(stack, ["destroy", "--yes", "--skip-preview", "--refresh"], {
        report,
        signal,
      });
      if (result.failed) throw failure(stack, "destroy", result);
    },
    async forget(stack) {
      const result = await pulumi(stack, ["stack", "rm", "--yes", "--force", "--preserve-config"]);
      if (result.failed && !/no stack named/.test(result.all)) throw failure(stack, "stack rm", result);
    },
  };
}

/** ` +  kubernetes:apps/v1:Deployment todo-app/backend created (3s)` -> `Deployment todo-app/backend created (3s)`. */
export function resourceLine(line: string): string | undefined {
  const match =
    /^\s*[-+~=<>]{1,2}\s+\S*?([A-Za-z]+) (\S+) ((?:creat|updat|delet|read|replac|refresh)\S*.*)$/.exec(line);
  return match ? `${match[1]} ${match[2]} ${match[3]?.trim()}` : undefined;
}

/** Does this line say that pods are about to be replaced: by a Deployment, or by a Helm release that holds them? Pure. */
export function startsRollout(line: string): boolean {
  return /(apps\/v1:Deployment|helm\.sh\/v3:Release) \S+ (creating|updating|created|updated)\b/.test(line);
}

/** Watches until told to stop: right after the line, the API may still show the rollout before, complete. */
async function keepWatching(stack: Stack, access: KubeAccess, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await watchOrThrow(stack, access, signal, () => {});
    await sleep(500, undefined, { signal }).catch(() => {});
  }
}

/** The counts that Pulumi prints under `Resources:`, on one line. Pure. */
export function summary(stdout: string): string {
  const block = /^Resources:\n((?:[ \t]+\S.*\n?)*)/m.exec(stdout)?.[1] ?? "";
  return block.trim().split(/\n\s*/).join(", ");
}

/** The diff as text; empty when Pulumi counts nothing but unchanged resources. Without any count it is all there is. Pure. */
export function changes(stdout: string): string {
  if (!/^Resources:$/m.test(stdout)) return stdout.trim();
  const counts = summary(stdout);
  return /(to (create|update|delete|replace)|created|updated|deleted|replaced|changed)\b/.test(
    counts.replace(/\d+ unchanged/, ""),
  )
    ? stdout.trim()
    : "";
}

/** Are all locks of the stack this machine's, and their processes gone? Other machines' locks are theirs to remove. */
function locksAreStale(output: string): boolean {
  const holders = lockHolders(output);
  return holders.length > 0 && holders.every(({ host, pid }) => host === hostname() && !alive(pid));
}

/** Who holds the locks that Pulumi's message names. Pure. */
export function lockHolders(output: string): { host: string; pid: number }[] {
  return [...output.matchAll(/: created by \S+@(\S+) \(pid (\d+)\)/g)].map(([, host, pid]) => ({
    host: host as string,
    pid: Number(pid),
  }));
}

/**
 * The error that the program itself (or its NodeImage) threw, told again from Pulumi's output: code, what happened, and
 * the mending lines where the program printed them. Undefined where no code of ours is in it. Pure.
 */
export function programError(output: string): TaskFlowError | undefined {
  let found: TaskFlowError | undefined;
  // Pulumi tells an error several times: beside the progress, and at the end in full.
  for (const match of [...output.matchAll(/\b(TF\d{4}) ([^:\n]+): (.+)/g)].reverse()) {
    const code = match[1] as Code;
    if (codes[code]?.title !== match[2]) continue;
    const what = (match[3] as string).trim();
    const after = output.slice(match.index + match[0].length + 1);
    const lines = (after.split(/\n[ \t]*\n/)[0] as string).split("\n").map((line) => line.trim());
    const mend = lines.indexOf("mend it:");
    if (mend >= 0) {
      return new TaskFlowError(code, { what, detail: lines.slice(0, mend), fix: lines.slice(mend + 1) });
    }
    found ??= new TaskFlowError(code, { what });
  }
  return found;
}

function failure(stack: Stack, verb: string, result: RunResult): TaskFlowError {
  const output = result.all;
  const own = programError(output);
  if (own) return own;
  const values = { stack: stack.name };
  const detail = lastLines(output.replace(/^@ .*$/gm, ""), 14);
  if (/incorrect passphrase|passphrase must be set|could not be decrypted|error decrypting/i.test(output)) {
    return new TaskFlowError("TF1603", {
      what: `Pulumi can't decrypt the stack ${stack.name}`,
      detail,
      values,
    });
  }
  if (/currently locked by/.test(output)) {
    return new TaskFlowError("TF1606", {
      what: `another Pulumi run holds the stack ${stack.name}`,
      detail,
      values,
    });
  }
  return new TaskFlowError("TF1601", {
    what: `pulumi ${verb} ended with exit code ${result.exitCode}`,
    detail,
    values,
  });
}
