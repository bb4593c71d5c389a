import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../../../local/run.ts";
import { buildWithGo } from "../../../../local/toolchain/goBuild.ts";
import { specs } from "../../../../local/toolchain/specs.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "taskflow-tools-"));
  vi.stubEnv("TASKFLOW_CACHE", join(dir, "cache"));
  vi.resetModules();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.doUnmock("../../../../local/toolchain/download.ts");
  vi.doUnmock("../../../../local/toolchain/goBuild.ts");
  await rm(dir, { recursive: true });
});

/** A program that prints one line. */
async function program(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho '${line}'\n`, { mode: 0o755 });
}

/** Only these directories; the programs above get along without any other. */
const pathIs = (...dirs: string[]) => vi.stubEnv("PATH", dirs.join(":"));

async function load(ways: { release?: () => Promise<void>; go?: () => Promise<void> } = {}) {
  const release = vi.fn(ways.release ?? (() => Promise.reject(new Error("release host silent"))));
  const go = vi.fn(ways.go ?? (() => Promise.reject(new Error("there is no Go here"))));
  vi.doMock("../../../../local/toolchain/download.ts", () => ({ fetchRelease: release }));
  vi.doMock("../../../../local/toolchain/goBuild.ts", () => ({ buildWithGo: go }));
  return { ...(await import("../../../../local/toolchain/index.ts")), release, go };
}

describe("a tool", () => {
  it("is the first on PATH whose version will do", async () => {
    await program(join(dir, "old/helm"), "v3.9.0");
    await program(join(dir, "new/helm"), "v4.1.2");
    pathIs(join(dir, "old"), join(dir, "new"));
    const { tool } = await load();
    expect(await tool("helm")).toEqual({ path: join(dir, "new/helm"), version: "4.1.2", source: "path" });
  });

  it("is taken from the cache before anything is fetched", async () => {
    await program(join(dir, "old/kubectl"), '{"clientVersion":{"gitVersion":"v1.20.0"}}');
    pathIs(join(dir, "old"));
    const { tool, cachePath, release } = await load();
    const path = cachePath(specs.kubectl);
    await program(path, "unasked");
    expect(await tool("kubectl")).toEqual({ path, version: specs.kubectl.version, source: "cache" });
    expect(release).not.toHaveBeenCalled();
  });

  it("is fetched, and only where that fails built", async () => {
    pathIs();
    const fetched = await load({ release: async () => {} });
    expect(await fetched.tool("helm3")).toMatchObject({ source: "release", version: "3.22.0" });
    expect(fetched.go).not.toHaveBeenCalled();
    vi.resetModules();
    const built = await load({ go: async () => {} });
    expect(await built.tool("helm3")).toMatchObject({ source: "go", version: "3.22.0" });
  });

  it("is looked for once", async () => {
    pathIs();
    const { tool, release } = await load({ release: async () => {} });
    await Promise.all([tool("helm4"), tool("helm4")]);
    await tool("helm4");
    expect(release).toHaveBeenCalledTimes(1);
  });

  it("that can't be had names what was tried and the command that mends it", async () => {
    pathIs();
    const { tool } = await load();
    const error = await tool("kubectl").catch((caught) => caught);
    expect(error.code).toBe("TF1108");
    expect(error.what).toContain("release host silent; there is no Go here");
    expect(error.fix[0]).toMatch(process.platform === "darwin" ? /^brew install/ : /curl .*dl\.k8s\.io/);
  });

  it("that failed is tried again when asked again", async () => {
    pathIs();
    let broken = true;
    const { tool } = await load({
      release: async () => {
        if (broken) throw new Error("no network");
      },
    });
    await expect(tool("helm3")).rejects.toThrow("no network");
    broken = false;
    expect((await tool("helm3")).source).toBe("release");
  });
});

const hasGo =
  !(await run("go", ["version"])).failed || !(await run("/usr/local/go/bin/go", ["version"])).failed;

it.runIf(hasGo)(
  "kubeconform builds from its module and knows its version",
  { timeout: 600_000 },
  async () => {
    const target = join(dir, "kubeconform");
    await buildWithGo(specs.kubeconform, target);
    expect((await run(target, ["-v"])).stdout).toBe(`v${specs.kubeconform.version}`);
  },
);
