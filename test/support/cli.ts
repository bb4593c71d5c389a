/** Runs `npm run <verb>` as a person would, in this checkout. */
import { join } from "node:path";
import { execa } from "execa";
import { repoRoot } from "../../local/paths.ts";

export interface CliResult {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** Everything that the CLI printed for this file's tests. */
export const transcript: string[] = [];

export async function taskflow(args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  const started = performance.now();
  const result = await execa(process.execPath, [join(repoRoot, "bootstrap.mjs"), ...args], {
    cwd: repoRoot,
    env: { NO_COLOR: "1", ...env },
    stdin: "ignore",
    reject: false,
  });
  const seconds = (performance.now() - started) / 1000;
  transcript.push(result.stdout, result.stderr);
  console.log(`$ npm run ${args.join(" ")}   # exit ${result.exitCode}, ${seconds.toFixed(1)} s`);
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr, seconds };
}

/** Runs a verb and presses Ctrl-C (SIGINT to the whole group, as a terminal does) when its output says `when`. */
export async function interrupted(
  args: string[],
  when: RegExp,
  env: Record<string, string> = {},
): Promise<CliResult> {
  const started = performance.now();
  const child = execa(process.execPath, [join(repoRoot, "bootstrap.mjs"), ...args], {
    cwd: repoRoot,
    env: { NO_COLOR: "1", ...env },
    stdin: "ignore",
    detached: true,
    reject: false,
  });
  let pressed = false;
  child.stderr.on("data", (chunk) => {
    if (pressed || !when.test(String(chunk))) return;
    pressed = true;
    process.kill(-(child.pid as number), "SIGINT");
  });
  const { exitCode, stdout, stderr } = await child;
  transcript.push(stdout, stderr);
  if (!pressed) throw new Error(`npm run ${args.join(" ")} never said ${when}: ${stderr}`);
  return { exitCode, stdout, stderr, seconds: (performance.now() - started) / 1000 };
}

/** Runs a verb that must work; its output is in the failure's message. */
export async function succeeds(args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  const result = await taskflow(args, env);
  if (result.exitCode !== 0) {
    throw new Error(
      `npm run ${args.join(" ")} ended with ${result.exitCode}\n${result.stderr}\n${result.stdout}`,
    );
  }
  return result;
}
