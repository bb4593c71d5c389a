import { type Check, type Context, ok, warn } from "../types.ts";

export const cpus: Check = {
  id: "cpus",
  title: "CPUs",
  async run(context) {
    const quota = await cgroupQuota(context);
    const docker = (await context.dockerInfo().catch(() => undefined))?.cpus ?? context.cpus;
    const usable = Math.min(context.cpus, docker, quota ?? Number.POSITIVE_INFINITY);
    const limited = quota !== undefined && quota < context.cpus;
    const found = `${Number(usable.toFixed(1))}${limited ? " (limited by a cgroup)" : ""}`;
    if (usable >= 2) return ok(found);
    return warn(limited ? "TF1115" : "TF1117", `${found}; 2 are the supported minimum`, [
      context.machine.system === "macos"
        ? "# Docker Desktop: Settings > Resources > CPU limit: 2 or more"
        : "# give this machine, virtual machine or container 2 CPUs",
    ]);
  },
};

/** CPUs that the cgroup allows; undefined without a limit. */
async function cgroupQuota({ readText }: Context): Promise<number | undefined> {
  const v2 = await readText("/sys/fs/cgroup/cpu.max");
  const [quota, period] = v2
    ? v2.trim().split(" ").map(Number)
    : [
        Number(await readText("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")),
        Number(await readText("/sys/fs/cgroup/cpu/cpu.cfs_period_us")),
      ];
  return quota && period && quota > 0 && period > 0 ? quota / period : undefined;
}
