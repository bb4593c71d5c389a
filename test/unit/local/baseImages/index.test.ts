import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { official } from "../../../../local/baseImages/pins.ts";

const obtain = vi.hoisted(() =>
  vi.fn<(ref: string, report: unknown, options: unknown) => Promise<string | undefined>>(),
);
const debianArchive = vi.hoisted(() => vi.fn());
vi.mock("../../../../local/baseImages/official.ts", () => ({ obtain }));
vi.mock("../../../../local/baseImages/debianArchive.ts", () => ({ debianArchive }));
const makeDebian = vi.hoisted(() => vi.fn());
vi.mock("../../../../local/baseImages/debian.ts", () => ({ makeDebian }));
vi.mock("../../../../local/baseImages/runtime.ts", () => ({
  makeRuntime: async (name: string, archive: () => Promise<unknown>) => {
    await archive();
    return `made/${name}`;
  },
}));
vi.mock("../../../../local/baseImages/nodeBuild.ts", () => ({
  makeNodeBuild: async (base: string) => `made/node on ${base}`,
}));
vi.mock("../../../../local/baseImages/hostSettings.ts", () => ({
  hostSettings: async () => ({ env: {}, apt: [], authorities: [] }),
}));
vi.mock("../../../../local/baseImages/hostLayer.ts", () => ({
  withHostSettings: async (_: string, base: string) => `${base} + host`,
}));

const report = () => {};
let ensureBase: typeof import("../../../../local/baseImages/index.ts").ensureBase;
let ensureBases: typeof import("../../../../local/baseImages/index.ts").ensureBases;
beforeEach(async () => {
  vi.resetModules();
  ({ ensureBase, ensureBases } = await import("../../../../local/baseImages/index.ts"));
  makeDebian.mockImplementation(async (archive: () => Promise<unknown>) => {
    await archive();
    return "made/debian";
  });
  obtain.mockResolvedValue("no such host");
  debianArchive.mockResolvedValue({ sources: ["deb x"] });
});
afterEach(() => {
  delete process.env.TASKFLOW_BASE_IMAGES;
  vi.resetAllMocks();
});

describe("ensureBase", () => {
  it("takes the official image where it can be had: with the host's settings to build in, bare to run on", async () => {
    obtain.mockResolvedValue(undefined);
    expect(await ensureBase("node-build", report)).toBe(`${official["node-build"]} + host`);
    expect(await ensureBase("cc", report)).toBe(official.cc);
    expect(debianArchive).not.toHaveBeenCalled();
  });

  it("makes an equivalent where it can't, the build bases all on one Debian", async () => {
    expect(await ensureBase("debian", report)).toBe("made/debian + host");
    expect(await ensureBases(report)).toEqual({
      nodeBuild: "made/node on made/debian + host",
      nodeRuntime: "made/cc",
      pythonBuild: "made/debian + host",
      pythonRuntime: "made/python",
    });
    expect(makeDebian).toHaveBeenCalledTimes(1);
  });

  it("asks no registry with TASKFLOW_BASE_IMAGES=local", async () => {
    process.env.TASKFLOW_BASE_IMAGES = "local";
    expect(await ensureBase("python", report)).toBe("made/python");
    expect(obtain).not.toHaveBeenCalled();
  });

  it("makes nothing with TASKFLOW_BASE_IMAGES=official, and asks again whatever it remembers", async () => {
    process.env.TASKFLOW_BASE_IMAGES = "official";
    await expect(ensureBase("python", report)).rejects.toMatchObject({
      code: "TF1202",
      detail: ["no such host"],
    });
    expect(obtain).toHaveBeenCalledWith(official.python, report, { again: true });
  });

  it("says both reasons and the command that would help where neither can be had", async () => {
    debianArchive.mockResolvedValue({
      reason: "the keys are not installed",
      fix: "apt-get install debian-archive-keyring",
    });
    const error = await ensureBase("debian", report).catch((e) => e);
    expect(error).toMatchObject({ code: "TF1202", detail: ["the official image: no such host"] });
    expect(error.what).toContain("the keys are not installed");
    expect(error.fix[0]).toBe("apt-get install debian-archive-keyring");
    debianArchive.mockResolvedValue({ reason: "only Debian can" });
    const elsewhere = await ensureBase("cc", report).catch((e) => e);
    expect(elsewhere.fix[0]).toBe(`docker pull ${official.cc}`);
  });

  it("waits for every base to end before it fails", async () => {
    obtain.mockResolvedValue(undefined);
    let ended = false;
    obtain.mockImplementation(async (ref) => {
      if (ref === official["node-build"]) throw new Error("first");
      if (ref === official.python) {
        await new Promise((resolve) => setImmediate(resolve));
        ended = true;
      }
      return undefined;
    });
    await expect(ensureBases(report)).rejects.toThrow("first");
    expect(ended).toBe(true);
  });

  it("refuses a source that it does not know", async () => {
    process.env.TASKFLOW_BASE_IMAGES = "offical";
    await expect(ensureBase("cc", report)).rejects.toMatchObject({ code: "TF1001" });
  });
});
