/** Kubeconfig files: reading the user's, never writing it; and whether a server is on this machine. */
import { mkdir, rm } from "node:fs/promises";
import { isIP } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { stateDir } from "../paths.ts";
import { lastLines, run } from "../run.ts";
import { tool } from "../toolchain/index.ts";
import { writeWhole } from "../wholeFile.ts";

interface Kubeconfig {
  clusters: { cluster: { server: string } }[];
  contexts: { name: string }[];
  [key: string]: unknown;
}

/** Our own file for one context; `name` may hold any character. */
export function kubeconfigFile(name: string): string {
  return join(stateDir, `kubeconfig-${name.replace(/[^\w.-]/g, "_")}`);
}

/** Writes a kubeconfig of ours whole, mode 0600. */
export async function writeKubeconfig(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeWhole(file, text, 0o600);
}

export async function removeKubeconfig(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** The server's URL of a kubeconfig with one cluster. */
export function serverOf(text: string): string {
  return (parse(text) as Kubeconfig).clusters[0]?.cluster.server ?? "";
}

/** Makes a kubeconfig's only context its current one. */
export function withCurrentContext(text: string, context: string): string {
  return stringify({ ...(parse(text) as Kubeconfig), "current-context": context });
}

async function kubectl(args: string[]) {
  return run((await tool("kubectl")).path, args, { timeout: 10_000 });
}

/** Names of the contexts in the user's kubeconfig (`KUBECONFIG` or ~/.kube/config). */
export async function userContexts(): Promise<string[]> {
  const listed = await kubectl(["config", "get-contexts", "--output", "name"]);
  return listed.failed ? [] : listed.stdout.split("\n").filter(Boolean);
}

/** The user's current context; undefined where none is set. */
export async function userCurrentContext(): Promise<string | undefined> {
  const shown = await kubectl(["config", "current-context"]);
  return shown.failed ? undefined : shown.stdout.trim();
}

/**
 * One context of the user's kubeconfig with all that belongs to it and nothing else, certificates from files included.
 * @throws TaskFlowError TF1305 when there is no such context.
 */
export async function userContext(context: string): Promise<string> {
  const shown = await kubectl([
    ...["config", "view", "--raw", "--minify", "--flatten"],
    ...["--context", context, "--output", "json"],
  ]);
  if (shown.failed) {
    const known = await userContexts();
    throw new TaskFlowError("TF1305", {
      what: `the kubeconfig has no context ${context}; it has ${known.join(", ") || "none"}`,
      detail: lastLines(shown.stderr, 3),
    });
  }
  return withCurrentContext(shown.stdout, context);
}

/** Interfaces that lead to containers or virtual machines of this machine, as their makers name them. */
const virtual = /^(docker|br-|bridge|virbr|vmnet|vboxnet|podman|cni|lxdbr|lxcbr|lima|colima)/;

/**
 * Is the API server on this machine: on its loopback, an address of its own, in a network of its containers and virtual
 * machines, or under a name of Docker Desktop's? A forwarded port looks local too; that can't be told apart.
 */
export function isLocal(
  server: string,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): boolean {
  if (!URL.canParse(server)) return false;
  const host = new URL(server).hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost" || /(^|\.)docker\.internal$/.test(host)) return true;
  if (!isIP(host)) return false;
  // 0.0.0.0 is how k3d writes "any address of this machine".
  if (host === "::1" || host === "0.0.0.0" || host.startsWith("127.")) return true;
  return Object.entries(interfaces).some(([name, addresses]) =>
    addresses?.some(
      (own) => own.address === host || (virtual.test(name) && own.cidr !== null && inside(host, own.cidr)),
    ),
  );
}

function inside(host: string, cidr: string): boolean {
  const [network = "", bits = "0"] = cidr.split("/");
  if (isIP(host) !== 4 || isIP(network) !== 4) return false;
  const number = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(host) / size) === Math.floor(number(network) / size);
}
