/** The node's container: how it is run, and what Docker says of it. */
import { createHash } from "node:crypto";
import { docker, dockerOrFail } from "../../docker.ts";
import { checkoutId } from "../../paths.ts";

/** Container name, and the name of the cluster in kubeconfigs. */
export const containerName = `taskflow-${checkoutId}`;
/** The volume that holds everything worth keeping: etcd, images, the certificate authority. */
export const volumeName = `taskflow-${checkoutId}-data`;

/** Ports inside the container. */
export const apiServerPort = 6443;
export const registryPort = 5000;

/** Seconds that Docker waits after SIGTERM; the node's own limits (node/internal/node/run.go) add up to less. */
const stopTimeout = 20;

const specLabel = "dev.taskflow.node.spec";
const checkoutLabel = "dev.taskflow.checkout";

export interface ContainerSpec {
  /** The node image's ref. */
  image: string;
  /** Ports on this machine's loopback. */
  apiPort: number;
  hostPort: number;
  /** The frontend Service's NodePort, to which `hostPort` leads. */
  nodePort: number;
}

/** `docker run` and its arguments; the spec is recognised again by a label that holds their hash. Pure. */
export function runArgs(spec: ContainerSpec): string[] {
  const options = [
    ["--name", containerName],
    // The image is made here; one of that name in a registry would be a stranger's.
    ["--pull", "never"],
    ["--hostname", "taskflow"],
    ["--label", `${checkoutLabel}=${checkoutId}`],
    // Everything that a container engine inside needs, without --privileged: that asks for CAP_SYS_RESOURCE too,
    // which machines that are themselves containers may lack, and opens the host's devices.
    ["--cap-add", "ALL"],
    ["--cap-drop", "SYS_RESOURCE"],
    // The profiles forbid mounts, which the kubelet and containerd make all the time.
    ["--security-opt", "seccomp=unconfined"],
    ["--security-opt", "apparmor=unconfined"],
    ["--security-opt", "label=disable"],
    // Root in the node is root, also where the daemon maps containers' users to others.
    ["--userns", "host"],
    // Pods' own device rules can only narrow the node's; the node's /dev stays Docker's small one.
    ["--device-cgroup-rule", "a *:* rwm"],
    // The node sees its own cgroups as the root of the tree, and pods can't be placed outside them.
    ["--cgroupns", "private"],
    // State of running containers must not survive their end.
    ["--tmpfs", "/run:mode=755"],
    ["--volume", `${volumeName}:/var/lib/taskflow`],
    // Loopback only: nothing of a development cluster is offered to the network.
    ["--publish", `127.0.0.1:${spec.apiPort}:${apiServerPort}`],
    ["--publish", `127.0.0.1:${spec.hostPort}:${spec.nodePort}`],
    ["--publish", `127.0.0.1::${registryPort}`],
    // Nothing starts unasked when the machine boots: `npm run up` does.
    ["--restart", "no"],
    ["--stop-timeout", String(stopTimeout)],
    ["--log-driver", "json-file"],
    ["--log-opt", "max-size=10m"],
    ["--log-opt", "max-file=3"],
    // Pods have limits of their own.
    ["--pids-limit", "-1"],
  ].flat();
  const hash = createHash("sha256")
    .update(JSON.stringify([options, spec.image]))
    .digest("hex")
    .slice(0, 12);
  return ["run", "--detach", ...options, "--label", `${specLabel}=${hash}`, spec.image];
}

/** The value of the label by which a container made from this spec is known. Pure. */
export function specHash(spec: ContainerSpec): string {
  const args = runArgs(spec);
  return (args[args.length - 2] as string).slice(specLabel.length + 1);
}

export interface ContainerState {
  running: boolean;
  /** When it was last started; milliseconds since 1970. */
  startedAt: number;
  /** `specHash` of the spec it was made from. */
  spec: string;
  /** The port on this machine's loopback that leads to the API server. */
  apiPort: number;
  /** The same for the registry; undefined while the container does not run. */
  registryPort: number | undefined;
  /** Its address and network while it runs. */
  network: { gateway: string; cidr: string } | undefined;
}

interface Inspected {
  State: { Running: boolean; StartedAt: string };
  Config: { Labels: Record<string, string> | null };
  HostConfig: { PortBindings: Record<string, { HostPort: string }[]> | null };
  NetworkSettings: {
    Ports: Record<string, { HostPort: string }[] | null> | null;
    Networks: Record<string, { Gateway: string; IPAddress: string; IPPrefixLen: number }>;
  };
}

/** The network of an address, e.g. `172.17.0.2` and 16 -> `172.17.0.0/16`. Pure. */
export function networkOf(address: string, prefixLength: number): string {
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - prefixLength);
  const first = Math.floor(value / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".")}/${prefixLength}`;
}

/** Reads the JSON of `docker container inspect`. Pure. */
export function parseInspect(json: string): ContainerState {
  const [raw] = JSON.parse(json) as [Inspected];
  const network = Object.values(raw.NetworkSettings.Networks)[0];
  const published = raw.NetworkSettings.Ports?.[`${registryPort}/tcp`]?.[0];
  return {
    running: raw.State.Running,
    startedAt: Date.parse(raw.State.StartedAt),
    spec: raw.Config.Labels?.[specLabel] ?? "",
    apiPort: Number(raw.HostConfig.PortBindings?.[`${apiServerPort}/tcp`]?.[0]?.HostPort ?? 0),
    registryPort: published ? Number(published.HostPort) : undefined,
    network: network?.IPAddress
      ? { gateway: network.Gateway, cidr: networkOf(network.IPAddress, network.IPPrefixLen) }
      : undefined,
  };
}

/** The container as Docker has it; undefined where there is none. Throws TF1101 where Docker does not answer. */
export async function inspectContainer(): Promise<ContainerState | undefined> {
  const result = await docker(["container", "inspect", containerName]);
  if (!result.failed) return parseInspect(result.stdout);
  if (/no such container/i.test(result.all)) return undefined;
  // Not "no such container": let the error say what Docker said.
  return parseInspect((await dockerOrFail(["container", "inspect", containerName])).stdout);
}

/** The command line of a program inside the container, for `docker`. Pure. */
export const execArgs = (...command: string[]): string[] => ["exec", containerName, ...command];

/** Removes the container, if it is there; the volume stays. */
export async function removeContainer(): Promise<void> {
  const result = await docker(["rm", "--force", "--volumes", containerName]);
  if (result.failed && !/no such container/i.test(result.all)) {
    await dockerOrFail(["rm", "--force", "--volumes", containerName], {
      what: "removing the node's container",
    });
  }
}

/** Removes the volume, if it is there. */
export async function removeVolume(): Promise<void> {
  await dockerOrFail(["volume", "rm", "--force", volumeName], { what: "removing the node's data" });
}
