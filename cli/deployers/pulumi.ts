/** Deploys with the Pulumi CLI: the program in index.ts does the work, this runs it and watches the rollout beside it. */
import { hostname } from "node:os";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { repoRoot } from "../../local/paths.ts";
import { lastLines, type Report, type RunResult, run } from "../../local/run.ts";
import type { PulumiCli } from "../../local/toolchain/index.ts";
import type { Stack } from "../stackFile.ts";
import { watchOrThrow } from "./rollout.ts";
import type { Deployer } from "./types.ts";

/** The passphrase that the README documents for the dev stack; production's is nobody's but yours. */
const devPassphrase = "taskflow-dev";

/** Environment of a Pulumi run; what the user has set wins. */
function environment(stack: Stack): Record<string, string> {
  const { PULUMI_CONFIG_PASSPHRASE: phrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  return {
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(stack.config.environment === "dev" && phrase === undefined && file === undefined
      ? { PULUMI_CONFIG_PASSPHRASE: devPassphrase }
      : {}),
  };
}

export function pulumiDeployer(cli: PulumiCli): Deployer {
  async function pulumi(
    stack: Stack,
    args: string[],
    report?: Report,
    signal?: AbortSignal,
  ): Promise<RunResult> {
    return run(cli.path, [...args, "--stack", stack.name, "--non-interactive", "--color", "never"], {
      cwd: repoRoot,
      env: { ...cli.env, ...environment(stack) },
      ...(report ? { report } : {}),
      // SIGINT lets Pulumi write its state before it ends.
      ...(signal ? { cancelSignal: signal, killSignal: "SIGINT", forceKillAfterDelay: 60_000 } : {}),
    });
  }

  /** Runs a command on the stack; makes the stack at its first use and removes the lock of a run that died. */
  async function onStack(
    stack: Stack,
    args: string[],
    report: Report,
    signal?: AbortSignal,
  ): Promise<RunResult> {
    let result = await pulumi(stack, args, report, signal);
    if (result.failed && /no stack named/.test(result.all)) {
      const init = await pulumi(stack, ["stack", "init"]);
      if (init.failed) throw failure(stack, "stack init", init);
      result = await pulumi(stack, args, report, signal);
    }
    if (result.failed && /currently locked by/.test(result.all) && (await lockIsStale(result.all))) {
      report("removing the lock of a run that was killed");
      await pulumi(stack, ["cancel", "--yes"]);
      result = await pulumi(stack, args, report, signal);
    }
    return result;
  }

  return {
    name: "pulumi",
    up: (target) => [
      {
        title: "Deploy with Pulumi",
        run: async (report, { signal }) => {
          const { stack, prepared } = target();
          const stop = new AbortController();
          const either = AbortSignal.any([signal, stop.signal]);
          let watch: Promise<void> | undefined;
          let watchFailure: unknown;
          const lines: Report = (line) => {
            const text = resourceLine(line);
            if (text) report(text);
            // From the first change of a Deployment on, the pods say sooner than Pulumi's own wait what is wrong.
            if (!watch && /apps\/v1:Deployment.* (creating|updating|created|updated)/.test(line)) {
              watch = watchOrThrow(stack, prepared.access, either, () => {}).catch((error) => {
                if (either.aborted) return;
                watchFailure = error;
                stop.abort(error);
              });
            }
          };
          const result = await onStack(stack, ["up", "--yes", "--skip-preview", "--refresh"], lines, either);
          if (!result.failed) stop.abort();
          await watch;
          if (watchFailure) throw watchFailure;
          signal.throwIfAborted();
          if (result.failed) throw failure(stack, "up", result);
          return summary(result.stdout);
        },
      },
    ],
    async preview({ stack }, report, signal) {
      const result = await onStack(stack, ["preview", "--diff", "--refresh"], report, signal);
      if (result.failed) throw failure(stack, "preview", result);
      return changes(result.stdout);
    },
    async drift({ stack }, report, signal) {
      const result = await onStack(stack, ["refresh", "--preview-only", "--diff"], report, signal);
      if (result.failed) throw failure(stack, "refresh", result);
      return changes(result.stdout);
    },
    async destroy({ stack }, report, signal) {
      const result = await onStack(
        stack,
        ["destroy", "--yes", "--skip-preview", "--refresh"],
        report,
        signal,
      );
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

/** The counts that Pulumi prints under `Resources:`, on one line. */
export function summary(stdout: string): string {
  const block = /^Resources:\n((?:\s+.+\n?)+)/m.exec(stdout)?.[1] ?? "";
  return block.trim().split(/\n\s*/).join(", ");
}

/** The diff as text; empty when Pulumi counts nothing but unchanged resources. */
export function changes(stdout: string): string {
  const counts = summary(stdout);
  return /(to (create|update|delete|replace)|created|updated|deleted|replaced|changed)\b/.test(
    counts.replace(/\d+ unchanged/, ""),
  )
    ? stdout.trim()
    : "";
}

/** A lock of this machine whose process is gone. Other machines' locks are theirs to remove. */
async function lockIsStale(output: string): Promise<boolean> {
  const holder = /created by \S+@(\S+) \(pid (\d+)\)/.exec(output);
  if (!holder || holder[1] !== hostname()) return false;
  try {
    process.kill(Number(holder[2]), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function failure(stack: Stack, verb: string, result: RunResult): TaskFlowError {
  const output = result.all;
  // An error of the program itself arrives with its code in the text.
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
