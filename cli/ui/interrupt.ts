/** Ctrl-C: tells the work to stop, waits for it, and only then ends. */

export type StopSignal = "SIGINT" | "SIGTERM";

/** The reason of an abort that a person or the system asked for. */
export class Interrupted extends Error {
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(signal === "SIGINT" ? "interrupted by Ctrl-C" : "ended by SIGTERM");
    this.name = "Interrupted";
    this.signal = signal;
  }
}

export interface InterruptOptions {
  /** Told at the first signal, while the work still winds down. */
  onInterrupt?: (signal: StopSignal) => void;
  /** Ends the process at once at the second signal; replaced in tests. */
  exit?: (code: number) => void;
}

/**
 * Runs `work` with a signal that aborts at the first Ctrl-C or SIGTERM. Its promise is awaited to the end, so that
 * it can clean up; what it did after an abort does not count: the call then throws `Interrupted`.
 * A second signal ends the process at once.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: InterruptOptions = {},
): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: StopSignal): void => {
    if (controller.signal.aborted) {
      (options.exit ?? process.exit)(signal === "SIGTERM" ? 143 : 130);
      return;
    }
    controller.abort(new Interrupted(signal));
    options.onInterrupt?.(signal);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    const result = await work(controller.signal);
    controller.signal.throwIfAborted();
    return result;
  } catch (error) {
    // A step that was cut short fails in its own words; the interruption is what happened.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}
