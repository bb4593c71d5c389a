import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { registryOf, remembered } from "../../../../local/baseImages/official.ts";

describe("remembered", () => {
  const all = { "docker.test": { at: "2026-11-23T10:00:00Z", why: "no such host" } };

  it("is a registry's failure for six hours", () => {
    expect(remembered(all, "docker.test", new Date("2026-11-23T15:59:00Z"))?.why).toBe("no such host");
    expect(remembered(all, "docker.test", new Date("2026-11-23T16:01:00Z"))).toBeUndefined();
    expect(remembered(all, "other.test", new Date("2026-11-23T10:01:00Z"))).toBeUndefined();
  });

  it("is not what a clock set wrong wrote into the future", () => {
    expect(remembered(all, "docker.test", new Date("2026-11-22T10:00:00Z"))).toBeUndefined();
  });
});

it("tells the registry of a ref", () => {
  expect(registryOf("docker.io/library/debian:trixie-slim@sha256:00")).toBe("docker.io");
});

describe("obtain", () => {
  const ref = "registry.test/base:1@sha256:00";
  let folder: string;
  let path: string | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "obtain-"));
    path = process.env.PATH;
    vi.resetModules();
  });
  afterEach(() => {
    process.env.PATH = path;
    delete process.env.TASKFLOW_CACHE;
    rmSync(folder, { recursive: true });
  });

  /** A docker that has no image and pulls like this; it counts its pulls. */
  async function withDocker(pull: string) {
    writeFileSync(
      join(folder, "docker"),
      `#!/bin/sh
case "$1" in
  --version) echo "Docker version 28.2.2, build 0" ;;
  image) [ -e ${folder}/there ] && echo sha256:1 ;;
  pull) echo "$2" >> ${folder}/pulls; ${pull} ;;
esac
`,
    );
    chmodSync(join(folder, "docker"), 0o755);
    process.env.PATH = `${folder}:${path}`;
    process.env.TASKFLOW_CACHE = folder;
    return (await import("../../../../local/baseImages/official.ts")).obtain;
  }
  const pulls = (): number =>
    existsSync(`${folder}/pulls`) ? readFileSync(`${folder}/pulls`, "utf8").split("\n").length - 1 : 0;

  it("does not pull what is there", async () => {
    const obtain = await withDocker("exit 1");
    writeFileSync(`${folder}/there`, "");
    expect(await obtain(ref, () => {})).toBeUndefined();
    expect(pulls()).toBe(0);
  });

  it("says why it failed and does not ask again at once, unless told to", async () => {
    const obtain = await withDocker("echo 'dial tcp: no such host' >&2; exit 1");
    expect(await obtain(ref, () => {})).toBe("dial tcp: no such host");
    expect(await obtain(ref, () => {})).toContain("dial tcp: no such host (at ");
    expect(pulls()).toBe(1);
    expect(await obtain(ref, () => {}, { again: true })).toBe("dial tcp: no such host");
    expect(pulls()).toBe(2);
  });

  it("forgets a failure once the registry answers", async () => {
    const obtain = await withDocker(`[ -e ${folder}/up ] && touch ${folder}/there`);
    expect(await obtain(ref, () => {})).toBeDefined();
    writeFileSync(`${folder}/up`, "");
    const lines: string[] = [];
    expect(await obtain(ref, (line) => lines.push(line), { again: true })).toBeUndefined();
    expect(lines[0]).toBe(`pulling ${ref}`);
    expect(readFileSync(`${folder}/image-registries.json`, "utf8")).toBe("{}\n");
  });

  it("is TF1101 without a daemon and TF1103 on a full disk, and remembers neither", async () => {
    const stopped = await withDocker("echo 'Cannot connect to the Docker daemon at unix:///x.' >&2; exit 1");
    await expect(stopped(ref, () => {})).rejects.toMatchObject({ code: "TF1101" });
    const full = await withDocker("echo 'write /x: no space left on device' >&2; exit 1");
    await expect(full(ref, () => {})).rejects.toMatchObject({ code: "TF1103" });
    expect(existsSync(`${folder}/image-registries.json`)).toBe(false);
  });
});
