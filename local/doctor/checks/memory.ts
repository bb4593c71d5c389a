import { type Check, type Context, fail, ok, warn } from "../types.ts";

const GiB = 1024 ** 3;
/** What the cluster with the app takes, and what a build beside it wants. */
const least = 2;
const comfortable = 4;

/** The least of what this machine, Docker's virtual machine and this session's cgroup give. */
export const memory: Check = {
  id: "memory",
  title: "Memory",
  async run(context) {
    const limits = await Promise.all([machineLimit(context), dockerLimit(context), cgroupLimit(context)]);
    const known = limits.filter((limit) => limit !== undefined);
    const tightest = known.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    const total = tightest.bytes / GiB;
    const found = `${total.toFixed(1)} GiB (${tightest.whose}), ${(context.memory.available / GiB).toFixed(1)} GiB unused`;
    const code = tightest.whose === "cgroup" ? "TF1115" : "TF1116";
    if (total < least) return fail(code, `${found}; ${least} GiB are needed`, more(context, tightest.whose));
    if (total < comfortable) {
      return warn(code, `${found}; ${comfortable} GiB are comfortable`, more(context, tightest.whose));
    }
    return ok(found);
  },
};

interface Limit {
  whose: "machine" | "Docker" | "cgroup";
  bytes: number;
}

async function machineLimit({ memory }: Context): Promise<Limit> {
  return { whose: "machine", bytes: memory.total };
}

async function dockerLimit(context: Context): Promise<Limit | undefined> {
  const info = await context.dockerInfo().catch(() => undefined);
  return info && info.memory > 0 && info.memory < context.memory.total * 0.95
    ? { whose: "Docker", bytes: info.memory }
    : undefined;
}

/** Version 2's file, then version 1's; both say "no limit" with a word or with a huge number. */
async function cgroupLimit({ readText }: Context): Promise<Limit | undefined> {
  const text =
    (await readText("/sys/fs/cgroup/memory.max")) ??
    (await readText("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
  const bytes = Number(text?.trim());
  return Number.isFinite(bytes) && bytes > 0 && bytes < 2 ** 60 ? { whose: "cgroup", bytes } : undefined;
}

function more({ machine }: Context, whose: Limit["whose"]): string[] {
  if (whose === "cgroup")
    return ["# raise the memory limit of the container or slice that this shell runs in"];
  if (machine.system === "macos") return ["# Docker Desktop: Settings > Resources > Memory: 4 GB or more"];
  if (machine.system === "wsl") {
    return [
      "# put these two lines into %UserProfile%\\.wslconfig: [wsl2] and memory=6GB",
      "wsl.exe --shutdown",
    ];
  }
  return ["# close other programs, or give this machine more memory"];
}
