/** Steps without a terminal: one line when a step starts, one when it ends, and now and then one of progress. */
import { performance } from "node:perf_hooks";
import { type ListrRenderer, type ListrRendererTask, ListrTaskEventType, ListrTaskState } from "listr2";
import { oneLine, seconds } from "./text.ts";

export interface PlainOptions {
  /** Receives each line, without its newline. */
  write: (line: string) => void;
  /** Every line of progress instead of at most one each five seconds. */
  verbose: boolean;
  /** Milliseconds from an arbitrary start. */
  now?: () => number;
}

/** At most one line of progress in this time, in milliseconds. */
const progressEvery = 5_000;

export class PlainRenderer implements ListrRenderer {
  static nonTTY = true;
  static rendererOptions: PlainOptions;
  static rendererTaskOptions: never;

  private readonly tasks: ListrRendererTask<typeof PlainRenderer>[];
  private readonly options: PlainOptions;
  private readonly now: () => number;
  private readonly begin: number;

  constructor(tasks: ListrRendererTask<typeof PlainRenderer>[], options: PlainOptions) {
    this.tasks = tasks;
    this.options = options;
    this.now = options.now ?? (() => performance.now());
    this.begin = this.now();
  }

  render(): void {
    for (const task of this.tasks) this.follow(task);
  }

  end(): void {}

  private follow(task: ListrRendererTask<typeof PlainRenderer>): void {
    let started = 0;
    let lastProgress = 0;
    task.on(ListrTaskEventType.STATE, (state) => {
      const took = (): string => ` (${seconds(this.now() - started)})`;
      if (state === ListrTaskState.STARTED) {
        started = this.now();
        lastProgress = started;
        this.line("…", task.title ?? "");
      } else if (state === ListrTaskState.COMPLETED) this.line("✓", `${task.title}${took()}`);
      else if (state === ListrTaskState.FAILED) this.line("✗", `${task.title}${took()}`);
      else if (state === ListrTaskState.SKIPPED) this.line("-", task.message.skip ?? task.title ?? "");
    });
    task.on(ListrTaskEventType.OUTPUT, (output) => {
      if (!this.options.verbose && this.now() - lastProgress < progressEvery) return;
      lastProgress = this.now();
      this.line(" ", oneLine(output));
    });
  }

  private line(mark: string, text: string): void {
    this.options.write(`[${seconds(this.now() - this.begin)}] ${mark} ${text}`);
  }
}
