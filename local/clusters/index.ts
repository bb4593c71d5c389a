/** Chooses the cluster, and remembers the choice for this checkout, so that later verbs find the same one. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { stateDir } from "../paths.ts";
import { run } from "../run.ts";
import { contextCluster } from "./context.ts";
import { dockerDesktopCluster } from "./dockerDesktop.ts";
import { embeddedCluster } from "./embedded/index.ts";
import type { Guard } from "./existing.ts";
import { k3dCluster, k3dClusters } from "./k3d.ts";
import { kindCluster, kindClusters } from "./kind.ts";
import { userCurrentContext } from "./kubeconfig.ts";
import { minikubeCluster } from "./minikube.ts";
import type { Cluster, ClusterOptions } from "./types.ts";

/** The part of a stack's configuration that matters here; what is absent has the configuration's own default. */
export type ChooseOptions = Partial<ClusterOptions & Guard>;

/** `auto`, a kind of cluster, or `context:NAME`. */
export type ClusterChoice = string;

/**
 * The cluster that a choice means. Nothing is started or changed by choosing.
 *
 * `auto` is minikube where it is installed and can run, otherwise the embedded cluster. `kind` and `k3d` are the
 * cluster of the user's current context, or the only one there is. `context:kind-NAME` and `context:k3d-NAME` are
 * clusters of those tools where the tools know them, so that images can be loaded.
 *
 * What a choice led to is remembered from `ensure` to `destroy`.
 *
 * @throws TaskFlowError TF1308 when kind or k3d has no cluster, or several and none of them current.
 */
export async function chooseCluster(choice: ClusterChoice, options: ChooseOptions = {}): Promise<Cluster> {
  const asked = (await remembered())[choice] ?? (await resolve(choice));
  const cluster = await driver(asked, options);
  return {
    ...cluster,
    async ensure(report) {
      await cluster.ensure(report);
      // Whoever asks for the kind afterwards means this cluster.
      await remember({ [choice]: asked, [cluster.kind]: asked });
    },
    async destroy(report) {
      await cluster.destroy(report);
      await forget(asked);
    },
  };
}

/** A choice without anything left to find out: `embedded`, `minikube`, `docker-desktop` or `context:NAME`. */
async function resolve(choice: ClusterChoice): Promise<string> {
  switch (choice) {
    case "auto":
      return (await minikubeUsable()) ? "minikube" : "embedded";
    case "kind":
      return `context:kind-${only("kind", await kindClusters(), await userCurrentContext())}`;
    case "k3d":
      return `context:k3d-${only("k3d", await k3dClusters(), await userCurrentContext())}`;
    default:
      return choice;
  }
}

async function driver(asked: string, options: ChooseOptions): Promise<Cluster> {
  const {
    hostPort = 3000,
    nodePort = 30300,
    allowContexts = [],
    stack = "dev",
    environment = "dev",
  } = options;
  const ports = { hostPort, nodePort };
  const guard = { allowContexts, stack, environment };
  if (asked === "embedded") return embeddedCluster(ports);
  if (asked === "minikube") return minikubeCluster(ports);
  if (asked === "docker-desktop" || asked === "context:docker-desktop")
    return dockerDesktopCluster(ports, guard);
  const context = asked.replace(/^context:/, "");
  const [, tool, name] = /^(kind|k3d)-(.+)$/.exec(context) ?? [];
  if (tool === "kind" && name && (await kindClusters()).includes(name))
    return kindCluster(name, ports, guard);
  if (tool === "k3d" && name && (await k3dClusters()).includes(name)) return k3dCluster(name, ports, guard);
  return contextCluster(context, guard);
}

/** One of a tool's clusters: the current context's, or the only one. Pure. */
export function only(tool: "kind" | "k3d", names: readonly string[], current: string | undefined): string {
  const used = names.find((name) => current === `${tool}-${name}`);
  const [first] = names;
  if (used ?? (first && names.length === 1)) return used ?? (first as string);
  const create = tool === "kind" ? "kind create cluster --name taskflow" : "k3d cluster create taskflow";
  throw new TaskFlowError("TF1308", {
    what: first
      ? `${tool} has the clusters ${names.join(", ")}, and none of them is the current context`
      : `${tool} has no cluster, or is not installed`,
    fix: [
      first ? `npm run up -- --cluster context:${tool}-${first}` : create,
      "npm run up -- --cluster embedded   # needs only Docker",
    ],
  });
}

/** Is minikube installed, and could its privileged container start here? */
async function minikubeUsable(): Promise<boolean> {
  return (await mayBePrivileged()) && !(await run("minikube", ["version", "--short"])).failed;
}

/** A shell that is itself in a container without CAP_SYS_RESOURCE can start no privileged one. */
async function mayBePrivileged(): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const capSysResource = 24n;
  return bounding === undefined || ((BigInt(`0x${bounding}`) >> capSysResource) & 1n) === 1n;
}

const file = join(stateDir, "cluster.json");
const shape = z.record(z.string(), z.string());

/** Choice -> what it led to. */
async function remembered(): Promise<Record<string, string>> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  const parsed = shape.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : {};
}

async function remember(choices: Readonly<Record<ClusterChoice, string>>): Promise<void> {
  const led = Object.entries(choices).filter(([choice, asked]) => choice !== asked && choice !== "context");
  const known = await remembered();
  if (led.every(([choice, asked]) => known[choice] === asked)) return;
  await mkdir(stateDir, { recursive: true });
  await writeFile(file, `${JSON.stringify({ ...known, ...Object.fromEntries(led) }, null, 2)}\n`);
}

async function forget(asked: string): Promise<void> {
  const left = Object.entries(await remembered()).filter(([, led]) => led !== asked);
  if (left.length === 0) await rm(file, { force: true });
  else await writeFile(file, `${JSON.stringify(Object.fromEntries(left), null, 2)}\n`);
}
