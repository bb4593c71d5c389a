import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findClient } from "../../../../local/docker/client.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "docker-client-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a `docker` that says this version, with or without buildx, in a folder of its own. */
function client(name: string, version: string, buildx: boolean): string {
  const dir = join(folder, name);
  mkdirSync(dir);
  const file = join(dir, "docker");
  writeFileSync(
    file,
    `#!/bin/sh
case "$1" in
  --version) echo "Docker version ${version}, build 0" ;;
  buildx) exit ${buildx ? 0 : 1} ;;
esac
`,
  );
  chmodSync(file, 0o755);
  return dir;
}

const find = (...dirs: string[]) => findClient(dirs.join(delimiter));

describe("findClient", () => {
  it("takes the first when it has buildx", async () => {
    const first = client("a", "28.2.2", true);
    const found = await find(first, client("b", "29.0.0", true));
    expect(found).toEqual({ path: join(first, "docker"), version: "28.2.2", buildKit: "buildx" });
  });

  it("passes over a newer client without buildx for an old one that has BuildKit built in", async () => {
    const old = client("b", "20.10.24", false);
    const found = await find(client("a", "28.2.2", false), old);
    expect(found).toEqual({ path: join(old, "docker"), version: "20.10.24", buildKit: "builtin" });
  });

  it("takes a client that can't build where there is no other, and says that it can't", async () => {
    const found = await find(join(folder, "missing"), client("a", "28.2.2", false));
    expect(found).toMatchObject({ version: "28.2.2", buildKit: undefined });
  });

  it("asks one program once, however many names lead to it, and passes over what can't be run", async () => {
    const dir = client("a", "28.2.2", true);
    mkdirSync(join(folder, "broken"));
    writeFileSync(join(folder, "broken/docker"), "not executable");
    symlinkSync(dir, join(folder, "link"));
    expect((await find(join(folder, "broken"), join(folder, "link"), dir)).path).toBe(
      join(folder, "link/docker"),
    );
  });

  it("says so where there is none", async () => {
    expect(await find(folder)).toEqual({ path: "docker", version: undefined, buildKit: undefined });
  });
});
