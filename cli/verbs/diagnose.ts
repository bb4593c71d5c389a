import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { reasonOf } from "../../aiops/kagent/checks/api.ts";
import { type Examination, examine } from "../../aiops/kagent/checks/examine.ts";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { aimedAt, inNamespace, isEmpty, lookedAt, type NamespaceOptions } from "../lookedAt.ts";
import { withStack } from "../options.ts";
import { clock, findingLine, renderDiagnosis } from "../ui/diagnosis.ts";
import { type ErrorStyle, styleOf } from "../ui/error.ts";
import { exitCodeOf, exitCodes } from "../ui/exitCodes.ts";
import { Interrupted, interruptible } from "../ui/interrupt.ts";
import { type Change, watchDiagnosis } from "../watchDiagnosis.ts";

interface DiagnoseOptions extends NamespaceOptions {
  json?: boolean;
  watch?: boolean;
}

/** Looks, changes nothing. Exit code 4 where something does not serve. */
export function diagnose(): Command {
  return withStack(new Command("diagnose"))
    .description("find out what is wrong with the deployment, why, and what mends it")
    .option("-n, --namespace <name>", "look at another namespace than the stack's")
    .option("-w, --watch", "look again every two seconds and print what changed, until Ctrl-C")
    .option("--json", "print it as JSON on standard output; with --watch one line a change")
    .action(async (options: DiagnoseOptions) => {
      const at = await lookedAt(options);
      const style = styleOf(process.stdout);
      const look = async (signal: AbortSignal): Promise<Examination> => {
        const seen = await inNamespace(at, () => examine(at.api, at.namespace, { signal }), signal);
        return { ...seen, findings: aimedAt(seen.findings, at.access) };
      };
      try {
        await interruptible(async (signal) => {
          if (options.watch) {
            const tell = (change: Change) =>
              console.log(options.json ? JSON.stringify(change) : changeText(change, style));
            await watchDiagnosis({ look, tell, why, pause }, signal);
          }
          const seen = await look(signal);
          if (options.json) console.log(JSON.stringify(seen, null, 2));
          else {
            console.log(renderDiagnosis(seen, style));
            if (seen.findings.length === 0 && (await isEmpty(at.api, at.namespace, signal))) {
              console.log("Nothing is deployed in this namespace: npm run up");
            }
          }
          process.exitCode = exitCodeFor(seen);
        });
      } catch (error) {
        // Ctrl-C is how a watch ends: there is nothing to tell about it.
        if (!(options.watch && error instanceof Interrupted)) throw error;
        process.exitCode = exitCodeOf(error);
      }
    });
}

/** A warning serves still; an error does not. */
export const exitCodeFor = ({ findings }: Pick<Examination, "findings">): number =>
  findings.some(({ severity }) => severity === "error") ? exitCodes.unhealthy : exitCodes.ok;

/** A change as lines that begin with the time. */
export function changeText(change: Change, style: ErrorStyle): string {
  const at = clock(change.at);
  switch (change.change) {
    case "start":
      return `${renderDiagnosis(change.diagnosis, style)}\n\n${at} watching; Ctrl-C ends it`;
    case "new":
      return [
        `${at} new   ${findingLine(change.finding, style)}`,
        ...change.finding.fix.map((line) => `                 ${line}`),
      ].join("\n");
    case "gone":
      return `${at} gone  ${findingLine(change.finding, style)}`;
    case "lost":
      return `${at} the cluster cannot be looked at, still trying: ${change.why}`;
    case "back":
      return `${at} the cluster can be looked at again`;
  }
}

const why = (error: unknown): string =>
  error instanceof TaskFlowError ? `${error.code} ${error.what}` : reasonOf(error);

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // An abort cuts it short; the watch looks at the signal before anything else.
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
