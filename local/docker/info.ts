/** What the Docker daemon says of itself and of its images. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines } from "../run.ts";
import { docker } from "./client.ts";
import { daemonError, daemonProblem } from "./failures.ts";

export interface DockerInfo {
  /** e.g. `28.2.2`. */
  serverVersion: string;
  /** e.g. `overlay2`, or the snapshotter's name with containerd's image store. */
  storageDriver: string;
  /** Are images kept in containerd's store? Then `save` carries more than one platform and attestations. */
  containerdImageStore: boolean;
  /** Where the daemon keeps its data; inside a virtual machine with Docker Desktop. */
  rootDir: string;
  cgroupVersion: "1" | "2";
  cgroupDriver: string;
  /** e.g. `Debian GNU/Linux 12 (bookworm)`. */
  operatingSystem: string;
  dockerDesktop: boolean;
  rootless: boolean;
  /** In Docker's words for platforms: `amd64`, `arm64`, or what the kernel says. */
  architecture: string;
  cpus: number;
  /** Bytes. */
  memory: number;
}

const platformNames: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/** Reads the JSON of `docker info`; undefined where no daemon answered (old clients exit 0 all the same). */
export function parseInfo(json: string): DockerInfo | undefined {
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (!raw.ServerVersion) return undefined;
  const status = (raw.DriverStatus ?? []) as [string, string][];
  const security = (raw.SecurityOptions ?? []) as string[];
  const text = (key: string): string => String(raw[key] ?? "");
  return {
    serverVersion: text("ServerVersion"),
    storageDriver: text("Driver"),
    containerdImageStore: status.some(
      ([key, value]) => key === "driver-type" && value.startsWith("io.containerd.snapshotter"),
    ),
    rootDir: text("DockerRootDir"),
    cgroupVersion: text("CgroupVersion") === "2" ? "2" : "1",
    cgroupDriver: text("CgroupDriver"),
    operatingSystem: text("OperatingSystem"),
    dockerDesktop: text("OperatingSystem").includes("Docker Desktop"),
    rootless: security.some((option) => option.includes("rootless")),
    architecture: platformNames[text("Architecture")] ?? text("Architecture"),
    cpus: Number(raw.NCPU ?? 0),
    memory: Number(raw.MemTotal ?? 0),
  };
}

/** Asks the daemon, at most 10 s. @throws TaskFlowError TF1101 where none answers. */
export async function dockerInfo(): Promise<DockerInfo> {
  const result = await docker(["info", "--format", "{{json .}}"], { timeout: 10_000 });
  const info = parseInfo(result.stdout);
  if (info) return info;
  const problem = daemonProblem(result.all);
  // A client that exits 0 without a daemon has its complaint inside the JSON, which helps nobody to read.
  if (problem) throw daemonError(problem, result.failed ? result.stderr : "");
  throw new TaskFlowError("TF1101", {
    what: "the Docker daemon gave no account of itself within 10 s",
    detail: lastLines(result.stderr),
    values: { fix: "docker info" },
  });
}

/**
 * The ID (`sha256:` + 64 hex) of a local image; undefined where there is none under this ref.
 * @throws TaskFlowError TF1101 where no daemon can say.
 */
export async function imageId(ref: string): Promise<string | undefined> {
  const result = await docker(["image", "inspect", "--format", "{{.Id}}", ref]);
  const problem = result.failed ? daemonProblem(result.all) : undefined;
  if (problem) throw daemonError(problem, result.all);
  return result.failed ? undefined : result.stdout.trim();
}
