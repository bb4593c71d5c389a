/** Runs programs: argument lists only, never a shell string. */
import { execa } from "execa";

/** Receives one line of progress at a time, without its newline. */
export type Report = (line: string) => void;

export interface RunOptions {
  /** Receives each line of output (stdout and stderr) as it comes. */
  report?: Report;
  cwd?: string;
  /** Added to this process's environment. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Text for the program's standard input; without it there is none. */
  input?: string | Uint8Array;
  /** Milliseconds after which the program is ended. */
  timeout?: number;
  /** Ends the program when aborted. */
  cancelSignal?: AbortSignal;
  /** Numeric user and group to run as (root only). */
  uid?: number;
  gid?: number;
}

/** What a finished program left: never rejects on a non-zero exit code, only `failed` says so. */
export interface RunResult {
  /** Undefined where the program could not be started at all or died of a signal. */
  exitCode: number | undefined;
  failed: boolean;
  stdout: string;
  stderr: string;
  /** Both streams in order, for an error's last lines. */
  all: string;
}

/** Runs `file` with `args` to its end. A program that is not there is a failed result, not an exception. */
export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { report, input, ...rest } = options;
  const child = execa(file, [...args], {
    ...rest,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    all: true,
    reject: false,
  });
  if (report) {
    // execa's own line iterator; reading it does not take the output away from the result.
    void (async () => {
      try {
        for await (const line of child.iterable({ from: "all" })) report(String(line));
      } catch {
        // The result below carries the failure.
      }
    })();
  }
  const result = await child;
  const all = String(result.all ?? "");
  return {
    exitCode: result.exitCode,
    failed: result.failed,
    stdout: String(result.stdout ?? ""),
    stderr: String(result.stderr ?? "") || (result.failed && !all ? String(result.shortMessage ?? "") : ""),
    all: all || String(result.failed ? (result.shortMessage ?? "") : ""),
  };
}

/** The last `count` non-empty lines of a text, for an error screen. */
export function lastLines(text: string, count = 12): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(-count);
}
