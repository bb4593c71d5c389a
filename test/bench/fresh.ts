import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { dockerOrFail } from "../../local/docker.ts";
import { repoRoot } from "../../local/paths.ts";
import { type Bench, spread } from "./measure.ts";

/**
 * From `git clone` to the URL that answers, with nothing of the project on the machine: its caches are in an empty
 * folder, and Docker's images and build cache are removed first. Removes EVERY unused image and all build cache of this
 * Docker daemon, so it runs only when it is named.
 */
export const fresh: Bench = async (report) => {
  const folder = await mkdtemp(join(tmpdir(), "fresh-"));
  const env = {
    XDG_CACHE_HOME: join(folder, "cache"),
    TASKFLOW_CACHE: join(folder, "cache", "taskflow"),
    npm_config_cache: join(folder, "cache", "npm"),
    GOMODCACHE: join(folder, "cache", "go-modules"),
    NO_COLOR: "1",
  };
  const clone = join(folder, "taskflow");
  try {
    await dockerOrFail(["system", "prune", "--all", "--force"]);
    await dockerOrFail(["builder", "prune", "--all", "--force"]);
    const started = performance.now();
    await execa("git", ["clone", "--quiet", repoRoot, clone]);
    const up = await execa("npm", ["run", "up", "--", "--yes", "--cluster", "embedded"], {
      cwd: clone,
      env,
      all: true,
      stdin: "ignore",
    });
    const seconds = (performance.now() - started) / 1000;
    for (const line of up.all.split("\n")) report(line);
    return [
      {
        bench: "fresh",
        what: "`git clone` to a URL that answers, empty caches",
        measured: spread([seconds], "s", 0),
        runs: 1,
      },
    ];
  } finally {
    await execa("npm", ["run", "destroy"], { cwd: clone, env, reject: false, stdin: "ignore" });
    await execa("npm", ["run", "clean", "--", "--data"], { cwd: clone, env, reject: false, stdin: "ignore" });
    // Go keeps its modules read-only.
    await execa("chmod", ["-R", "u+w", folder], { reject: false });
    await rm(folder, { recursive: true, force: true });
  }
};
