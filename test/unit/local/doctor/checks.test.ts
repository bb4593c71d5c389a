import { describe, expect, test } from "vitest";
import { TaskFlowError } from "../../../../aiops/kagent/codes/index.ts";
import type { StackConfig } from "../../../../components/stackConfig.ts";
import { checks, preflight, runChecks } from "../../../../local/doctor/index.ts";
import type { CheckResult, Context } from "../../../../local/doctor/types.ts";
import { checkoutId } from "../../../../local/paths.ts";
import { context, dockerInfo, failed, files, GiB, succeeded } from "./support.ts";

/** Nothing here reads the stack's configuration but through the context. */
const config = {} as StackConfig;

async function results(changes: Partial<Context>, only?: string[], otherFiles?: Record<string, string>) {
  const all: CheckResult[] = [];
  const options = { config, context: context(changes, otherFiles), ...(only ? { only } : {}) };
  for await (const result of runChecks(options)) all.push(result);
  return all;
}
const one = async (id: string, changes: Partial<Context>, otherFiles?: Record<string, string>) =>
  (await results(changes, [id], otherFiles))[0] as CheckResult;

test("a healthy machine: everything ok, in the report's order, none with a fix", async () => {
  const all = await results({ run: async () => succeeded("uv 0.9.1") });
  expect(all.filter(({ status }) => status !== "ok")).toEqual([]);
  expect([...new Set(all.map(({ id }) => id))]).toEqual(checks.map(({ id }) => id));
  expect(all.every(({ fix }) => fix === undefined)).toBe(true);
});

test("whatever is not ok has a code and says how to mend it", async () => {
  const broken: Partial<Context> = {
    machine: { system: "linux", name: "Debian", packages: "apt", root: false, systemd: true, arch: "x64" },
    dockerClient: async () => ({ path: "docker", version: undefined, buildKit: undefined }),
    dockerInfo: () =>
      Promise.reject(new TaskFlowError("TF1101", { what: "no daemon", values: { fix: "start it" } })),
    freeBytes: async () => GiB / 2,
    memory: { total: GiB, available: GiB },
    cpus: 1,
    portFree: async () => false,
    installedTool: async () => undefined,
    pulumiCli: async () => ({ available: false, reason: "there is no pulumi on PATH" }),
    pluginsNeeded: async () => [{ name: "docker", version: "5.2.0", installed: false }],
    cluster: () => Promise.reject(new Error("broken")),
  };
  const all = await results(broken, undefined, { "/proc/self/status": "CapBnd:\t000001fffeffffff\n" });
  const notOk = all.filter(({ status }) => status !== "ok");
  expect(notOk.map(({ id }) => id)).toEqual([
    ...["docker", "buildkit", "disk", "disk", "memory", "cpus", "port", "python", "pulumi", "pulumi"],
    ...["cluster", "privileges"],
  ]);
  for (const result of notOk) {
    expect(result.code, result.id).toMatch(/^TF1\d{3}$/);
    expect(result.fix?.length, result.id).toBeGreaterThan(0);
    for (const line of result.fix ?? []) expect(line).not.toMatch(/[{}]/);
  }
});

describe("docker", () => {
  test("the daemon's own error comes through with its commands", async () => {
    const error = new TaskFlowError("TF1101", {
      what: "no Docker daemon listens",
      values: { fix: "sudo systemctl start docker" },
    });
    expect(await one("docker", { dockerInfo: () => Promise.reject(error) })).toEqual({
      id: "docker",
      title: "Docker daemon",
      status: "fail",
      found: "no Docker daemon listens",
      code: "TF1101",
      fix: ["sudo systemctl start docker", "npm run doctor"],
    });
  });

  test("a client without buildx: how to install it here", async () => {
    const dockerClient = async () => ({
      path: "/usr/local/bin/docker",
      version: "28.2.2",
      buildKit: undefined,
    });
    expect(await one("buildkit", { dockerClient })).toMatchObject({
      status: "fail",
      code: "TF1102",
      fix: ["sudo apt-get install docker-buildx", "docker buildx version"],
    });
  });
});

describe("disk", () => {
  const free = (docker: number) => async (path: string) => (path === dockerInfo.rootDir ? docker : 100) * GiB;
  test.each([
    [3.9, "fail"],
    [4.1, "warn"],
    [9.9, "warn"],
    [10.1, "ok"],
  ])("%d GiB for Docker: %s", async (gib, status) => {
    expect(await one("disk", { freeBytes: free(gib) })).toMatchObject({ title: "Disk of Docker", status });
  });
  test("Docker Desktop's own disk is not guessed at", async () => {
    const all = await results({ dockerInfo: async () => ({ ...dockerInfo, dockerDesktop: true }) }, ["disk"]);
    expect(all.map(({ title }) => title)).toEqual(["Disk of the cache", "Disk of the repo"]);
  });
});

describe("memory and CPUs", () => {
  test("the tightest of machine, Docker and cgroup counts", async () => {
    expect(await one("memory", {})).toMatchObject({
      status: "ok",
      found: expect.stringContaining("16.0 GiB (machine)"),
    });
    const dockerVm = async () => ({ ...dockerInfo, memory: 1.9 * GiB });
    expect(await one("memory", { dockerInfo: dockerVm })).toMatchObject({ status: "fail", code: "TF1116" });
    const v2 = { ...files, "/sys/fs/cgroup/memory.max": `${3 * GiB}\n` };
    expect(await one("memory", {}, v2)).toMatchObject({ status: "warn", code: "TF1115" });
    const v1 = { "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${GiB}\n` };
    expect(await one("memory", {}, v1)).toMatchObject({ status: "fail", code: "TF1115" });
    const unlimited = { "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n" };
    expect(await one("memory", {}, unlimited)).toMatchObject({ status: "ok" });
  });

  test("the command fits the system", async () => {
    const memory = { total: 3 * GiB, available: GiB };
    const fixOn = async (system: "macos" | "wsl") =>
      (await one("memory", { memory, machine: { ...context().machine, system } })).fix?.[0];
    expect(await fixOn("macos")).toContain("Docker Desktop");
    expect(await fixOn("wsl")).toContain(".wslconfig");
  });

  test("CPU quota of a cgroup, version 2 and 1", async () => {
    expect(await one("cpus", {}, { "/sys/fs/cgroup/cpu.max": "150000 100000\n" })).toMatchObject({
      status: "warn",
      code: "TF1115",
      found: expect.stringContaining("1.5 (limited by a cgroup)"),
    });
    const v1 = {
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    };
    expect(await one("cpus", {}, v1)).toMatchObject({ status: "ok", found: "8" });
    expect(await one("cpus", { cpus: 1 })).toMatchObject({ status: "warn", code: "TF1117" });
  });
});

describe("port", () => {
  const taken = async (port: number) => port > 3001;
  const docker = (name: string) => async (_file: string, args: readonly string[]) =>
    args[0] === "ps" ? succeeded(`${name}\n`) : failed();

  test("of this checkout's own cluster", async () => {
    expect(await one("port", { portFree: taken, run: docker(`taskflow-${checkoutId}`) })).toMatchObject({
      status: "ok",
    });
  });

  test("of another checkout's: names it, and the next free port", async () => {
    expect(await one("port", { portFree: taken, run: docker("taskflow-ffffffff") })).toMatchObject({
      status: "fail",
      code: "TF1107",
      found: "3000 is taken by container taskflow-ffffffff",
      fix: [
        "pulumi config set --stack dev taskflow:hostPort 3002",
        "# or run `npm run destroy` in the other checkout that container taskflow-ffffffff belongs to",
      ],
    });
  });

  test("of a cluster of the user's that maps it", async () => {
    const cluster = async () =>
      ({ kind: "kind", name: "kind-control-plane" }) as Awaited<ReturnType<Context["cluster"]>>;
    expect(await one("port", { portFree: taken, run: docker("kind-control-plane"), cluster })).toMatchObject({
      status: "ok",
    });
  });

  test("of a program: from ss, or from lsof on macOS", async () => {
    const ss = async (file: string) =>
      file === "ss"
        ? succeeded('LISTEN 0 511 *:3000 *:* users:(("next-server (v1",pid=4711,fd=18))')
        : succeeded("");
    expect((await one("port", { portFree: taken, run: ss })).found).toBe(
      "3000 is taken by next-server (pid 4711)",
    );
    const lsof = async (file: string) =>
      file === "lsof" ? succeeded("p4711\ncnext-server\n") : succeeded("");
    const machine = { ...context().machine, system: "macos" as const };
    expect((await one("port", { portFree: taken, run: lsof, machine })).found).toBe(
      "3000 is taken by next-server (pid 4711)",
    );
    expect((await one("port", { portFree: taken })).found).toBe("3000 is taken by another program");
  });
});

describe("cluster", () => {
  const clusterOf = (kind: string, isRunning: boolean) => async () =>
    ({ kind, name: "mine", running: async () => isRunning }) as Awaited<ReturnType<Context["cluster"]>>;

  test("none yet is fine where `up` makes it, not for a named context", async () => {
    expect(await one("cluster", { cluster: clusterOf("embedded", false) })).toMatchObject({ status: "ok" });
    expect(await one("cluster", { cluster: clusterOf("context", false) })).toMatchObject({
      status: "fail",
      code: "TF1301",
    });
  });

  test.each([
    ["v1.27.16", "fail"],
    ["v1.28.0", "ok"],
    ["v1.36.2+k3s1", "ok"],
    ["v2.0.0", "ok"],
  ])("%s: %s", async (version, status) => {
    expect(await one("cluster", { kubernetesVersion: async () => version })).toMatchObject({ status });
  });

  test("a context that is not local is refused with the line that would allow it", async () => {
    const error = new TaskFlowError("TF1303", {
      what: "context prod is not local",
      values: { stack: "dev", context: "prod" },
    });
    const result = await one("cluster", { cluster: () => Promise.reject(error) });
    expect(result.fix).toEqual(["pulumi config set --stack dev --path 'taskflow:allowContexts[0]' prod"]);
  });
});

describe("database", () => {
  const configured = {
    ...context().config,
    configured: { databaseUrl: true, betterAuthSecret: false, openaiApiKey: false },
  };
  const tried = (problem: "bad-password" | "host-unknown", error: TaskFlowError) =>
    one("database", {
      config: configured,
      env: { TASKFLOW_DATABASE_URL: "postgresql://app:pw@db/x" },
      checkDatabaseUrl: async () => ({ ok: false, problem, error }),
    });
  test("configured and wrong", async () => {
    const error = new TaskFlowError("TF1414", { what: "app@db:5432/x: password authentication failed" });
    expect(await tried("bad-password", error)).toMatchObject({
      status: "fail",
      code: "TF1414",
      found: error.what,
    });
  });
  test("not reached from here: the pods may", async () => {
    const error = new TaskFlowError("TF1411", { what: "app@db:5432/x: not found" });
    expect(await tried("host-unknown", error)).toMatchObject({ status: "warn", code: "TF1411" });
  });
  test("configured, encrypted: not tried, and said so", async () => {
    expect((await one("database", { config: configured })).found).toContain("encrypted");
  });
});

describe("kernel", () => {
  test("without CAP_SYS_RESOURCE other local clusters cannot start", async () => {
    const without = { ...files, "/proc/self/status": "CapBnd:\t000001fffeffffff\n" };
    expect(await one("privileges", {}, without)).toMatchObject({ status: "warn", code: "TF1111" });
    expect(await one("privileges", {})).toMatchObject({ status: "ok" });
  });
  test("inotify limits below what several nodes take", async () => {
    const low = { ...files, "/proc/sys/fs/inotify/max_user_instances": "128\n" };
    expect((await one("inotify", {}, low)).fix).toEqual([
      "sudo sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288",
    ]);
  });
});

describe("preflight", () => {
  const run = (changes: Partial<Context>) => {
    const lines: string[] = [];
    const report = (line: string) => lines.push(line);
    return { done: preflight({ config, yes: false, report, context: context(changes) }), lines };
  };

  test("throws the first failure, in the report's order", async () => {
    const { done } = run({ portFree: async () => false, memory: { total: GiB, available: GiB } });
    await expect(done).rejects.toMatchObject({
      code: "TF1116",
      what: expect.stringMatching(/^Memory: 1\.0 GiB/),
    });
  });

  test("reports warnings and goes on; leaves out what `up` does not need", async () => {
    const { done, lines } = run({ memory: { total: 3 * GiB, available: GiB }, cpus: 1 });
    expect(await done).toBe("1 warning; npm run doctor");
    expect(lines).toEqual([expect.stringMatching(/^⚠ Memory: 3\.0 GiB .*\[TF1116\]$/)]);
  });

  test("only what is asked for", async () => {
    const options = {
      config,
      yes: false,
      report: () => {},
      context: context({ portFree: async () => false }),
    };
    expect(await preflight({ ...options, only: ["docker"] })).toBe("");
  });

  test("without Docker, where we cannot install it: the error of local/docker", async () => {
    const error = new TaskFlowError("TF1101", {
      what: "no Docker daemon listens",
      values: { fix: "open -a Docker" },
    });
    const { done } = run({
      dockerInfo: () => Promise.reject(error),
      machine: { ...context().machine, system: "macos" },
    });
    await expect(done).rejects.toMatchObject({ code: "TF1101", fix: ["open -a Docker", "npm run doctor"] });
  });

  test("a daemon elsewhere that does not answer is not replaced by one here", async () => {
    const error = new TaskFlowError("TF1101", {
      what: "no Docker daemon listens",
      values: { fix: "unset DOCKER_HOST" },
    });
    const { done, lines } = run({
      dockerInfo: () => Promise.reject(error),
      machine: { ...context().machine, root: true },
      env: { DOCKER_HOST: "unix:///elsewhere.sock" },
    });
    await expect(done).rejects.toMatchObject({ code: "TF1101" });
    expect(lines).toEqual([]);
  });
});
