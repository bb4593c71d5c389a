/** What a destroyed deployment must not leave on this machine. */
import { readFile } from "node:fs/promises";
import { dockerOrFail } from "../../local/docker.ts";
import { checkoutId } from "../../local/paths.ts";
import { run } from "../../local/run.ts";

export interface Remains {
  containers: string[];
  volumes: string[];
  networks: string[];
  mounts: string[];
  rules: string[];
}

/** Everything on this machine that carries this checkout's name, or leads to one of the given ports. */
export async function remains(ports: number[]): Promise<Remains> {
  const name = `taskflow-${checkoutId}`;
  const listed = async (args: string[]) =>
    (await dockerOrFail(args)).stdout.split("\n").filter((line) => line.includes(name));
  const iptables = await run("iptables-save", []);
  return {
    containers: await listed(["ps", "--all", "--format", "{{.Names}}"]),
    volumes: await listed(["volume", "ls", "--format", "{{.Name}}"]),
    networks: await listed(["network", "ls", "--format", "{{.Name}}"]),
    mounts: (await readFile("/proc/self/mounts", "utf8")).split("\n").filter((line) => line.includes(name)),
    rules: iptables.stdout
      .split("\n")
      .filter((line) => ports.some((port) => line.includes(`--dport ${port} `))),
  };
}

export const nothingRemains: Remains = { containers: [], volumes: [], networks: [], mounts: [], rules: [] };
