/** The real things that the checks look at. */
import { readFile, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { availableParallelism, freemem, totalmem } from "node:os";
import { dirname } from "node:path";
import type { StackConfig } from "../../components/stackConfig.ts";
import type { Cluster } from "../clusters/types.ts";
import { dockerClient, dockerInfo } from "../docker.ts";
import { checkDatabaseUrl, postgresStatus } from "../postgres/index.ts";
import { run } from "../run.ts";
import { installedTool, pulumiCli } from "../toolchain/index.ts";
import { pluginsNeeded } from "../toolchain/pulumi.ts";
import { thisMachine } from "./machine.ts";
import type { Context } from "./types.ts";

export function realContext(config: StackConfig): Context {
  return {
    config,
    machine: thisMachine(),
    env: process.env,
    run,
    readText,
    freeBytes,
    memory: { total: totalmem(), available: freemem() },
    cpus: availableParallelism(),
    portFree,
    dockerClient,
    dockerInfo: once(dockerInfo),
    cluster: once(() => clusterOf(config)),
    kubernetesVersion,
    installedTool,
    pulumiCli,
    pluginsNeeded,
    checkDatabaseUrl,
    localDatabase: postgresStatus,
  };
}

/** Several checks ask the same; the answer is fetched once. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
    return freeBytes(dirname(path));
  }
}

function portFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

async function clusterOf(config: StackConfig): Promise<Cluster> {
  const { chooseCluster } = await import("../clusters/index.ts");
  return chooseCluster(config.cluster, config);
}

async function kubernetesVersion(cluster: Cluster): Promise<string> {
  const { KubeConfig, VersionApi } = await import("@kubernetes/client-node");
  const access = await cluster.kubeconfig();
  const config = new KubeConfig();
  config.loadFromFile(access.kubeconfig);
  config.setCurrentContext(access.context);
  return (await config.makeApiClient(VersionApi).getCode()).gitVersion;
}
