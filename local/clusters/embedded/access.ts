/** The kubeconfig of the embedded cluster, and asking its API server whether it serves. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { stateDir } from "../../paths.ts";
import { containerName } from "./container.ts";

/** Absolute path; mode 0600. */
export const kubeconfigFile = join(stateDir, "kubeconfig-embedded");

interface Kubeconfig {
  clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
  users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
}

/** The node's own kubeconfig, as the host is to use it: its address here, and names of its own. Pure. */
export function hostKubeconfig(nodes: string, apiPort: number): string {
  const { clusters, users } = parse(nodes) as Kubeconfig;
  const name = containerName;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { ...clusters[0].cluster, server: `https://127.0.0.1:${apiPort}` } }],
    users: [{ name, user: users[0].user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}

/**
 * Do both lead to the same cluster at the same address? Their client certificates may differ: the node issues new
 * ones at each boot, and the old ones stay good. Pure.
 */
export function sameAccess(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => {
    const { server, "certificate-authority-data": authority } = (parse(text) as Kubeconfig).clusters[0]
      .cluster;
    return `${server} ${authority}`;
  });
  return one === other;
}

/** The kubeconfig file's text; undefined where there is none. */
export async function readKubeconfig(): Promise<string | undefined> {
  try {
    return await readFile(kubeconfigFile, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes the kubeconfig, unless the one that is there does as well: what did not change is not touched. */
export async function writeKubeconfig(text: string): Promise<void> {
  const present = await readKubeconfig();
  if (present !== undefined && sameAccess(present, text)) return;
  await mkdir(dirname(kubeconfigFile), { recursive: true });
  const temporary = `${kubeconfigFile}.${process.pid}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, kubeconfigFile);
}

export async function removeKubeconfig(): Promise<void> {
  await rm(kubeconfigFile, { force: true });
}

/** The API server's port in a kubeconfig of ours. Pure. */
export const apiPortOf = (text: string): number =>
  Number(new URL((parse(text) as Kubeconfig).clusters[0].cluster.server).port);

/**
 * Does the API server of this kubeconfig say that it serves? It is known by its certificate, so that another
 * program on the port is not taken for it.
 * @param timeout milliseconds.
 */
export async function apiServes(text: string, timeout: number): Promise<boolean> {
  const { clusters, users } = parse(text) as Kubeconfig;
  const decode = (value: string): Buffer => Buffer.from(value, "base64");
  return new Promise((resolve) => {
    const asking = request(`${clusters[0].cluster.server}/readyz`, {
      ca: decode(clusters[0].cluster["certificate-authority-data"]),
      cert: decode(users[0].user["client-certificate-data"]),
      key: decode(users[0].user["client-key-data"]),
      signal: AbortSignal.timeout(timeout),
      agent: false,
    });
    asking.on("response", (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asking.on("error", () => resolve(false));
    asking.end();
  });
}
