/** Which ports are free on this machine's own addresses. */
import { connect, createServer } from "node:net";

/** Tries to listen there, for a moment: undefined when that went well, else the system's error code. */
function tryListen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Is this IP address one of this machine's own? */
export async function ownAddress(host: string): Promise<boolean> {
  return (await tryListen(0, host)) === undefined;
}

/** Does something accept connections there? Waits at most `timeout` milliseconds. */
export function accepts(port: number, host: string, timeout = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}

/** The first of `count` ports from `first` on that is free on all the addresses; undefined if none is. */
export async function firstFreePort(
  first: number,
  hosts: readonly string[],
  count = 200,
): Promise<number | undefined> {
  for (let port = first; port < first + count; port++) {
    const problems = await Promise.all(hosts.map((host) => tryListen(port, host)));
    if (problems.every((problem) => problem === undefined)) return port;
  }
  return undefined;
}
