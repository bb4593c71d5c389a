import { cacheDir, repoRoot } from "../../paths.ts";
import { type Check, type Context, fail, type Outcome, ok, warn } from "../types.ts";

const GiB = 1024 ** 3;

/** [fails below, warns below], in GiB. What a first `up` writes there, and room for the next builds. */
const needs = { docker: [4, 10], cache: [1, 4], repo: [1, 2] } as const;

export const disk: Check = {
  id: "disk",
  title: "Disk",
  async run(context) {
    return [
      ...(await dockerDisk(context)),
      await space(context, "Disk of the cache", cacheDir, needs.cache, [`du -sh ${cacheDir}`]),
      await space(context, "Disk of the repo", repoRoot, needs.repo, [`df -h ${repoRoot}`]),
    ];
  },
};

/** None where the daemon does not answer, or keeps its data in a virtual machine whose disk cannot be seen from here. */
async function dockerDisk(context: Context): Promise<Outcome[]> {
  const info = await context.dockerInfo().catch(() => undefined);
  if (!info || info.dockerDesktop || context.machine.system === "macos") return [];
  const clean = ["docker system df", "docker builder prune", "docker image prune"];
  return [await space(context, "Disk of Docker", info.rootDir, needs.docker, clean)];
}

async function space(
  context: Context,
  title: string,
  path: string,
  [least, wanted]: readonly [number, number],
  fix: string[],
): Promise<Outcome> {
  const free = (await context.freeBytes(path)) / GiB;
  const found = `${free.toFixed(1)} GiB free in ${path}`;
  if (free < least) return { title, ...fail("TF1106", `${found}; ${least} GiB are needed`, fix) };
  if (free < wanted) return { title, ...warn("TF1106", `${found}; ${wanted} GiB are comfortable`, fix) };
  return { title, ...ok(found) };
}
