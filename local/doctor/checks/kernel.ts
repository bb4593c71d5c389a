import { asRoot } from "../machine.ts";
import { type Check, ok, warn } from "../types.ts";

/** What several nodes, a kubelet and a few log readers take together. */
const wanted = { instances: 512, watches: 524_288 } as const;

export const inotify: Check = {
  id: "inotify",
  title: "inotify limits",
  async run({ machine, readText }) {
    if (machine.system === "macos") return ok("Docker Desktop's own");
    const read = async (name: string): Promise<number> =>
      Number((await readText(`/proc/sys/fs/inotify/${name}`)) ?? Number.NaN);
    const instances = await read("max_user_instances");
    const watches = await read("max_user_watches");
    const found = `${instances} instances, ${watches} watches`;
    if (!(instances < wanted.instances) && !(watches < wanted.watches)) return ok(found);
    const settings = `fs.inotify.max_user_instances=${wanted.instances} fs.inotify.max_user_watches=${wanted.watches}`;
    return warn("TF1110", `${found}; enough for one small cluster, too few for several`, [
      asRoot(machine, `sysctl ${settings}`),
    ]);
  },
};

/** Bit of CAP_SYS_RESOURCE in the masks of /proc/self/status. */
const capSysResource = 24n;

export const privileges: Check = {
  id: "privileges",
  title: "cgroups and privileges",
  async run(context) {
    if (context.machine.system === "macos") return ok("Docker Desktop's own");
    const info = await context.dockerInfo().catch(() => undefined);
    const version = info ? `cgroup v${info.cgroupVersion}, ${info.cgroupDriver}` : "cgroups";
    const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(
      (await context.readText("/proc/self/status")) ?? "",
    )?.[1];
    // The bounding set of this process bounds the daemon's too where both are in the same container or VM.
    if (bounding !== undefined && ((BigInt(`0x${bounding}`) >> capSysResource) & 1n) === 0n) {
      return warn(
        "TF1111",
        `${version}; CAP_SYS_RESOURCE is missing, so minikube's docker driver, kind and k3d cannot start`,
        ["npm run up -- --cluster embedded"],
      );
    }
    return ok(`${version}; privileged containers can start`);
  },
};
