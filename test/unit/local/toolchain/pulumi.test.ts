import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pluginsNeeded, pulumiCli } from "../../../../local/toolchain/pulumi.ts";

let dir: string;
let home: string;

/**
 * Stands in for the CLI: prints its version; `plugin install` puts the plugin where the real one does, unless there is
 * a file `broken` beside it, and notes its arguments.
 */
const fakePulumi = (version: string) => `#!/bin/sh
here=$(dirname "$0")
case "$1" in
  version) echo "v${version}" ;;
  plugin)
    echo "$@" >> "$here/calls"
    if [ -e "$here/broken" ]; then echo "error: 404 HTTP error fetching plugin" >&2; exit 255; fi
    target="$PULUMI_HOME/plugins/resource-$4-$5"
    mkdir -p "$target" && : > "$target/pulumi-resource-$4" && chmod +x "$target/pulumi-resource-$4" ;;
esac
`;

async function installCli(version = "3.270.0"): Promise<string> {
  const bin = join(dir, "bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "pulumi"), fakePulumi(version), { mode: 0o755 });
  await writeFile(join(bin, "pulumi-language-nodejs"), "", { mode: 0o755 });
  return bin;
}

async function installPlugins(except?: string): Promise<void> {
  for (const { name, version } of await pluginsNeeded()) {
    if (name === except) continue;
    const target = join(home, "plugins", `resource-${name}-v${version}`);
    await mkdir(target, { recursive: true });
    await writeFile(join(target, `pulumi-resource-${name}`), "", { mode: 0o755 });
  }
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "taskflow-pulumi-"));
  home = join(dir, "home");
  vi.stubEnv("PULUMI_HOME", home);
  vi.stubEnv("PATH", `${join(dir, "bin")}:/usr/bin:/bin`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

it("needs the plugins of package.json's resource packages, at their versions", async () => {
  const plugins = await pluginsNeeded();
  expect(plugins.map(({ name }) => name).sort()).toEqual(["docker", "kubernetes", "random"]);
  for (const plugin of plugins) expect(plugin.version).toMatch(/^\d+\.\d+\.\d+$/);
});

describe("Pulumi", () => {
  it("is available with its CLI on PATH and every plugin in its home", async () => {
    const bin = await installCli();
    await installPlugins();
    const cli = await pulumiCli({ install: false });
    expect(cli).toMatchObject({
      available: true,
      path: join(bin, "pulumi"),
      version: "3.270.0",
      source: "path",
    });
    if (cli.available) expect(cli.env.PATH.split(":")[0]).toBe(bin);
  });

  it("is not where only an old CLI is", async () => {
    await installCli("3.100.0");
    expect(await pulumiCli({ install: false })).toEqual({
      available: false,
      reason: "there is no pulumi on PATH",
    });
  });

  it("is not without the language host", async () => {
    const bin = await installCli();
    await rm(join(bin, "pulumi-language-nodejs"));
    const cli = await pulumiCli({ install: false });
    expect(cli).toMatchObject({
      available: false,
      reason: expect.stringContaining("pulumi-language-nodejs"),
    });
  });

  it.each(["random", "kubernetes"])("is not without its plugin %s", async (name) => {
    await installCli();
    await installPlugins(name);
    const cli = await pulumiCli({ install: false });
    expect(cli).toMatchObject({ available: false, reason: expect.stringContaining(`plugin ${name}`) });
  });

  it("does not take a half-unpacked plugin for one", async () => {
    await installCli();
    await installPlugins();
    const [plugin] = await pluginsNeeded();
    const mark = join(home, "plugins", `resource-${plugin?.name}-v${plugin?.version}.partial`);
    await writeFile(mark, "", { mode: 0o755 });
    expect(await pulumiCli({ install: false })).toMatchObject({ available: false });
  });
});

describe("a missing plugin", () => {
  let server: Server;

  beforeEach(async () => {
    server = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("TASKFLOW_PULUMI_PLUGIN_SERVER", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterEach(() => {
    server.close();
  });

  it("is installed from the mirror", async () => {
    const bin = await installCli();
    await installPlugins("random");
    const cli = await pulumiCli();
    expect(cli.available).toBe(true);
    const calls = await readFile(join(bin, "calls"), "utf8");
    expect(calls).toMatch(/^plugin install resource random v\S+ --server http:\/\/127\.0\.0\.1:\d+\n$/);
  });

  it("that can't be installed is said in Pulumi's own last words", async () => {
    const bin = await installCli();
    await writeFile(join(bin, "broken"), "");
    await installPlugins("random");
    expect(await pulumiCli()).toMatchObject({
      available: false,
      reason: expect.stringContaining("404 HTTP error"),
    });
  });

  it("is not asked for where the server does not answer", async () => {
    const bin = await installCli();
    await installPlugins("random");
    await new Promise((resolve) => server.close(resolve));
    expect(await pulumiCli()).toMatchObject({
      available: false,
      reason: expect.stringContaining("can't be reached"),
    });
    await expect(access(join(bin, "calls"))).rejects.toThrow();
  });
});
