/** Which `docker` program to use, and running it. */
import { access, constants, realpath } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, type RunOptions, type RunResult, run } from "../run.ts";
import { failureOf } from "./failures.ts";

export interface DockerClient {
  /** Absolute path; plain `docker` where none was found. */
  path: string;
  /** Of the client, e.g. `28.2.2`; undefined where none was found. */
  version: string | undefined;
  /**
   * How it builds with BuildKit: through the buildx plugin, through the client's own code with
   * `DOCKER_BUILDKIT=1` (before 23), or not at all (23 and later without the plugin).
   */
  buildKit: "buildx" | "builtin" | undefined;
}

/** Every different executable called `docker` on PATH, in PATH's order. */
async function onPath(path: string): Promise<string[]> {
  const found = new Map<string, string>();
  for (const dir of path.split(delimiter).filter(Boolean)) {
    const file = join(dir, "docker");
    try {
      await access(file, constants.X_OK);
      const real = await realpath(file);
      if (!found.has(real)) found.set(real, file);
    } catch {
      // Not here; look on.
    }
  }
  return [...found.values()];
}

async function inspect(path: string): Promise<DockerClient> {
  const version = /version (\d+\.\d+\.\d+)/.exec((await run(path, ["--version"])).stdout)?.[1];
  const buildx = !(await run(path, ["buildx", "version"])).failed;
  const major = Number(version?.split(".")[0]);
  return { path, version, buildKit: buildx ? "buildx" : major < 23 ? "builtin" : undefined };
}

/**
 * Chooses among every `docker` on `path` (the form of the PATH variable). The first that can build with
 * BuildKit wins: distributions' and installers' clients often sit side by side, and the first one may lack
 * the buildx plugin.
 */
export async function findClient(path: string): Promise<DockerClient> {
  let first: DockerClient | undefined;
  for (const file of await onPath(path)) {
    const client = await inspect(file);
    if (client.buildKit) return client;
    first ??= client;
  }
  return first ?? { path: "docker", version: undefined, buildKit: undefined };
}

let chosen: Promise<DockerClient> | undefined;

/** The client to use on this machine; found once a process. */
export function dockerClient(): Promise<DockerClient> {
  chosen ??= findClient(process.env.PATH ?? "").then((client) => {
    // None yet: it may be installed while this process runs.
    if (!client.version) chosen = undefined;
    return client;
  });
  return chosen;
}

/** Which program, without asking it anything where there is no choice. */
async function program(): Promise<string> {
  if (chosen) return (await chosen).path;
  const [first, second] = await onPath(process.env.PATH ?? "");
  return first && !second ? first : (await dockerClient()).path;
}

/** Runs docker with `args`; like `run`, a failure is a result, not an exception. */
export async function docker(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(await program(), args, options);
}

/**
 * Runs docker with `args` and gives its result back when it succeeded.
 * @param options.what what this was for, for the error's first line, e.g. "Starting the node container".
 * @throws TaskFlowError TF1101 (the daemon does not answer, with the reason), TF1103 (disk full),
 * TF1104 (anything else, with docker's last lines).
 */
export async function dockerOrFail(
  args: readonly string[],
  options: RunOptions & { what?: string } = {},
): Promise<RunResult> {
  const { what, ...rest } = options;
  const result = await docker(args, rest);
  if (!result.failed) return result;
  throw (
    (await failureOf(result.all)) ??
    new TaskFlowError("TF1104", {
      what: what ?? `docker ${args.slice(0, 3).join(" ")}`,
      detail: lastLines(result.all),
    })
  );
}
