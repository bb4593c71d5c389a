/** A healthy Linux laptop, of which each test changes what it is about. */
import type { Context } from "../../../../local/doctor/types.ts";
import type { RunResult } from "../../../../local/run.ts";

export const GiB = 1024 ** 3;

export const succeeded = (stdout = ""): RunResult => ({
  exitCode: 0,
  failed: false,
  stdout,
  stderr: "",
  all: stdout,
});
export const failed = (all = ""): RunResult => ({ exitCode: 1, failed: true, stdout: "", stderr: all, all });

export const dockerInfo = {
  serverVersion: "28.2.2",
  storageDriver: "overlay2",
  containerdImageStore: false,
  rootDir: "/var/lib/docker",
  cgroupVersion: "2",
  cgroupDriver: "systemd",
  operatingSystem: "Ubuntu 24.04",
  dockerDesktop: false,
  rootless: false,
  architecture: "amd64",
  cpus: 8,
  memory: 16 * GiB,
} as const;

/** Text of files by path; what is not listed is not there. */
export const files: Readonly<Record<string, string>> = {
  "/proc/self/status": "Name:\tnode\nCapBnd:\t000001ffffffffff\n",
  "/proc/sys/fs/inotify/max_user_instances": "512\n",
  "/proc/sys/fs/inotify/max_user_watches": "524288\n",
  "/sys/fs/cgroup/memory.max": "max\n",
  "/sys/fs/cgroup/cpu.max": "max 100000\n",
};

export function context(
  changes: Partial<Context> = {},
  otherFiles: Readonly<Record<string, string>> = files,
): Context {
  return {
    config: {
      stack: "dev",
      hostPort: 3000,
      cluster: "auto",
      configured: { databaseUrl: false, betterAuthSecret: false, openaiApiKey: false },
    },
    machine: {
      system: "linux",
      name: "Ubuntu 24.04",
      packages: "apt",
      root: false,
      systemd: true,
      arch: "x64",
    },
    env: {},
    run: async () => failed("not found"),
    readText: async (path) => otherFiles[path],
    freeBytes: async () => 100 * GiB,
    memory: { total: 16 * GiB, available: 8 * GiB },
    cpus: 8,
    portFree: async () => true,
    dockerClient: async () => ({ path: "/usr/bin/docker", version: "28.2.2", buildKit: "buildx" }),
    dockerInfo: async () => dockerInfo,
    cluster: async () =>
      ({ kind: "embedded", name: "taskflow-0123", running: async () => true }) as Awaited<
        ReturnType<Context["cluster"]>
      >,
    kubernetesVersion: async () => "v1.36.2",
    installedTool: async () => ({ path: "/usr/bin/x", version: "1.2.3", source: "path" }),
    pulumiCli: async () => ({
      available: true,
      path: "/usr/bin/pulumi",
      version: "3.270.0",
      source: "path",
      plugins: [],
      env: { PATH: "", PULUMI_HOME: "" },
    }),
    pluginsNeeded: async () => [{ name: "kubernetes", version: "4.34.2", installed: true }],
    checkDatabaseUrl: async () => ({ ok: true, version: "18.4", encrypted: true }),
    localDatabase: async () => ({ state: "absent", dataDir: "", logFile: "" }),
    ...changes,
  };
}
