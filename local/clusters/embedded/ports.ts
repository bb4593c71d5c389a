/** Ports on this machine's loopback: which are free, and who has the others. */
import { connect, createServer } from "node:net";
import { TaskFlowError } from "../../../aiops/kagent/codes/index.ts";
import { docker } from "../../docker.ts";
import { run } from "../../run.ts";

/** Does anybody accept connections there? */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Could we listen there? */
function bindable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Is the port free on 127.0.0.1? Both questions are asked: macOS lets one bind 127.0.0.1 beside a server on all
 * addresses, and a server whose queue is full does not answer.
 */
export async function isFree(port: number): Promise<boolean> {
  return !(await answers(port)) && (await bindable(port));
}

/** The first free port from `from` on; looks at a hundred. */
export async function firstFree(from: number): Promise<number> {
  for (let port = from; port < from + 100; port++) if (await isFree(port)) return port;
  throw new TaskFlowError("TF1107", {
    what: `all of the ports ${from} to ${from + 99} are taken`,
    values: { stack: "dev", freePort: String(from + 100) },
  });
}

/** `"node" (pid 4711)` from a line of `ss -ltnpH`; undefined where it names no process (of another user). Pure. */
export function processInSs(output: string): string | undefined {
  const found = /users:\(\("([^"]+)",pid=(\d+)/.exec(output);
  return found ? `${found[1]} (process ${found[2]})` : undefined;
}

/** The same from `lsof -Fpc`, whose lines begin with p for the process and c for its command. Pure. */
export function processInLsof(output: string): string | undefined {
  const pid = /^p(\d+)$/m.exec(output)?.[1];
  const command = /^c(.+)$/m.exec(output)?.[1];
  return pid && command ? `${command} (process ${pid})` : undefined;
}

/** Who listens on the port, as far as this user may know. */
export async function whoListens(port: number): Promise<string | undefined> {
  const containers = await docker(["ps", "--filter", `publish=${port}`, "--format", "{{.Names}}"]);
  const container = containers.stdout.split("\n").find(Boolean);
  if (!containers.failed && container) return `the container ${container}`;
  if (process.platform === "linux") {
    const process = processInSs((await run("ss", ["-ltnpH", `sport = :${port}`])).stdout);
    if (process) return process;
  }
  return processInLsof((await run("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"])).stdout);
}

/** The error for the frontend's port being taken: by whom, and which command moves ours. */
export async function portTaken(port: number): Promise<TaskFlowError> {
  const who = await whoListens(port);
  return new TaskFlowError("TF1107", {
    what: `127.0.0.1:${port} is taken by ${who ?? "another program (of another user, so it can't be named)"}`,
    values: { stack: "dev", freePort: String(await firstFree(port + 1)) },
  });
}
