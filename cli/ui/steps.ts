/** Named steps with times: a live list on a terminal, plain lines elsewhere. */
import { Listr, ListrLogger, type ListrTask, PRESET_TIMER, ProcessOutput } from "listr2";
import type { Report } from "../../local/run.ts";
import { Interrupted, interruptible } from "./interrupt.ts";
import { PlainRenderer } from "./plainRenderer.ts";
import { oneLine, seconds } from "./text.ts";

export interface StepContext {
  /** Aborts at Ctrl-C. A step passes it on to what it starts, cleans up, and then rejects or returns. */
  signal: AbortSignal;
}

export interface Step {
  /** What is being done, e.g. `Build images`. */
  title: string;
  /** Why this step has nothing to do here; undefined when it has. Asked when its turn comes. */
  skip?: () => string | undefined;
  /**
   * Does the work. `report` shows a line of progress. What it returns is put behind the title, e.g.
   * `Build images: both cached`.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a step without a result simply returns nothing
  run: (report: Report, context: StepContext) => Promise<string | void>;
}

export interface StepsOptions {
  /** Shows every line of progress where there is no terminal. */
  verbose?: boolean;
  /** Where the steps are shown: standard error by default, so that standard output stays for results. */
  out?: NodeJS.WriteStream;
}

/** Can lines be redrawn here? Not in a pipe, a dumb terminal or a CI job's log. */
function live(out: NodeJS.WriteStream): boolean {
  return (
    out.isTTY === true && process.stdout.isTTY === true && process.env.TERM !== "dumb" && !process.env.CI
  );
}

/**
 * Runs steps one after the other and shows them under `title`.
 * @throws what the first failing step throws; the later ones are not run.
 * @throws Interrupted after Ctrl-C or SIGTERM, when the running step has cleaned up.
 */
export async function steps(title: string, list: readonly Step[], options: StepsOptions = {}): Promise<void> {
  const out = options.out ?? process.stderr;
  const write = (line: string): void => {
    out.write(`${line}\n`);
  };
  write(title);
  await interruptible(
    async (signal) => {
      const tasks = list.map((step) => taskOf(step, signal));
      const plain = { write, verbose: options.verbose ?? false };
      // Signals are ours: listr2's own handler would not wait for the step and would exit with 127.
      const common = { registerSignalListeners: false, exitOnError: true } as const;
      const listr = live(out)
        ? new Listr(tasks, { ...common, renderer: "default", rendererOptions: liveOptions(out) })
        : new Listr(tasks, { ...common, renderer: PlainRenderer, rendererOptions: plain });
      await listr.run();
    },
    { onInterrupt: () => write("Stopping; Ctrl-C again ends at once.") },
  );
}

function taskOf(step: Step, signal: AbortSignal): ListrTask {
  return {
    title: step.title,
    skip: () => {
      const why = step.skip?.();
      return why === undefined ? false : `${step.title}: ${why}`;
    },
    task: async (_context, task) => {
      signal.throwIfAborted();
      const report: Report = (line) => {
        const text = oneLine(line);
        if (text !== "") task.output = text;
      };
      const result = await step.run(report, { signal });
      // A step may end well although it was told to stop; the next one must not begin.
      signal.throwIfAborted();
      if (typeof result === "string" && result !== "") task.title = `${step.title}: ${result}`;
    },
  };
}

function liveOptions(out: NodeJS.WriteStream) {
  return {
    // The error screen follows; the list only marks the step.
    showErrorMessage: false,
    collapseErrors: false,
    timer: { ...PRESET_TIMER, field: seconds },
    logger: new ListrLogger<never>({ processOutput: new ProcessOutput(out, process.stdout), useIcons: true }),
  };
}

export { Interrupted };
