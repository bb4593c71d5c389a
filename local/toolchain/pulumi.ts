/** Finds or fetches Pulumi: the CLI, its Node.js language host and the provider plugins that package.json asks for. */
import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { cacheDir, repoRoot } from "../paths.ts";
import { lastLines, type Report, run } from "../run.ts";
import { fetchRelease, reachable } from "./download.ts";
import { compareVersions, versionIn } from "./specs.ts";

/** The oldest CLI that this program was tried with. */
const oldestCli = "3.259.0";

export interface PulumiPlugin {
  /** e.g. `kubernetes`. */
  name: string;
  /** The version that the npm package belongs to, e.g. `4.34.2`. */
  version: string;
  /** Where the npm package says to download it, if not at Pulumi's. */
  server?: string;
  installed: boolean;
}

export interface PulumiCli {
  available: true;
  /** Absolute. */
  path: string;
  version: string;
  source: "path" | "cache" | "release";
  plugins: PulumiPlugin[];
  /** To run it with: its own directory first on PATH, and where its plugins are. */
  env: { PATH: string; PULUMI_HOME: string };
}

export interface PulumiMissing {
  available: false;
  /** One sentence, without its full stop. */
  reason: string;
}

export interface PulumiOptions {
  /** Download what is missing (default), or only look. */
  install?: boolean;
  report?: Report;
}

/** Pulumi with every plugin that the program needs, or why it can't be had. Never throws for want of it. */
export async function pulumiCli(options: PulumiOptions = {}): Promise<PulumiCli | PulumiMissing> {
  const install = options.install ?? true;
  const report = options.report ?? (() => {});
  try {
    const cli = (await onPath()) ?? (await cached()) ?? (install ? await fetched(report) : undefined);
    if (!cli) return missing("there is no pulumi on PATH");
    if (!(await language(cli.path))) return missing(`${cli.path} has no pulumi-language-nodejs beside it`);
    const env = {
      PATH: `${dirname(cli.path)}${delimiter}${process.env.PATH ?? ""}`,
      PULUMI_HOME: pulumiHome(),
    };
    const plugins = await pluginsNeeded();
    for (const plugin of plugins.filter((one) => !one.installed)) {
      const problem = install ? await installPlugin(cli.path, env, plugin, report) : "is not installed";
      if (problem) return missing(`Pulumi's plugin ${plugin.name} ${plugin.version} ${problem}`);
      plugin.installed = true;
    }
    return { available: true, ...cli, plugins, env };
  } catch (error) {
    return missing((error as Error).message);
  }
}

const missing = (reason: string): PulumiMissing => ({ available: false, reason });

/** Pulumi's own directory: plugins are shared with everything else that the user does with it. */
export function pulumiHome(): string {
  return process.env.PULUMI_HOME || join(homedir(), ".pulumi");
}

/** The plugins that belong to the installed @pulumi packages, as their package.json names them. */
export async function pluginsNeeded(): Promise<PulumiPlugin[]> {
  const { dependencies } = JSON.parse(await readFile(join(repoRoot, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const plugins: PulumiPlugin[] = [];
  for (const name of Object.keys(dependencies).filter((one) => one.startsWith("@pulumi/"))) {
    const about = (await packageFile(name)) as {
      version: string;
      pulumi?: { resource?: boolean; name?: string; version?: string; server?: string };
    };
    if (!about.pulumi?.resource) continue;
    const plugin = {
      name: about.pulumi.name ?? name.slice("@pulumi/".length),
      version: about.pulumi.version ?? about.version,
      ...(about.pulumi.server ? { server: about.pulumi.server } : {}),
    };
    plugins.push({ ...plugin, installed: await pluginInstalled(plugin) });
  }
  return plugins;
}

async function packageFile(name: string): Promise<{ version: string }> {
  const path = createRequire(join(repoRoot, "package.json")).resolve(`${name}/package.json`);
  return JSON.parse(await readFile(path, "utf8"));
}

async function pluginInstalled({ name, version }: { name: string; version: string }): Promise<boolean> {
  const dir = join(pulumiHome(), "plugins", `resource-${name}-v${version}`);
  // Pulumi leaves this mark beside a directory whose unpacking was broken off.
  if (await exists(`${dir}.partial`)) return false;
  return exists(join(dir, `pulumi-resource-${name}`));
}

/** Returns what went wrong, as the rest of a sentence. */
async function installPlugin(
  cli: string,
  env: PulumiCli["env"],
  plugin: PulumiPlugin,
  report: Report,
): Promise<string | undefined> {
  const server = process.env.TASKFLOW_PULUMI_PLUGIN_SERVER ?? plugin.server;
  // Left alone, Pulumi tries several times on several hosts.
  if (!(await reachable(server ?? "https://get.pulumi.com"))) {
    return `is not installed, and ${new URL(server ?? "https://get.pulumi.com").host} can't be reached`;
  }
  report(`installing Pulumi's plugin ${plugin.name} ${plugin.version}`);
  const result = await run(
    cli,
    [
      ...["plugin", "install", "resource", plugin.name, `v${plugin.version}`],
      ...(server ? ["--server", server] : []),
    ],
    { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" }, report },
  );
  if (!result.failed && (await pluginInstalled(plugin))) return undefined;
  return `could not be installed: ${lastLines(result.all, 1).join("")}`;
}

type Found = Pick<PulumiCli, "path" | "version" | "source">;

async function onPath(): Promise<Found | undefined> {
  for (const dir of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(dir, "pulumi");
    if (!isAbsolute(path) || !(await exists(path))) continue;
    const shown = await run(path, ["version"], {
      env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: 10_000,
    });
    const version = versionIn(shown.stdout);
    if (version && compareVersions(version, oldestCli) >= 0) return { path, version, source: "path" };
  }
  return undefined;
}

const platform = `${process.platform}-${process.arch}`;

/** The CLI's releases carry the version of the SDK that they belong to. */
async function pinned(): Promise<{ version: string; dir: string }> {
  const { version } = await packageFile("@pulumi/pulumi");
  return { version, dir: join(cacheDir, "tools", `pulumi-${version}-${platform}`, "pulumi") };
}

async function cached(): Promise<Found | undefined> {
  const { version, dir } = await pinned();
  const path = join(dir, "pulumi");
  return (await exists(path)) ? { path, version, source: "cache" } : undefined;
}

/** @throws DownloadError */
async function fetched(report: Report): Promise<Found> {
  const { version, dir } = await pinned();
  const release = {
    url: `https://get.pulumi.com/releases/sdk/pulumi-v${version}-${platform}.tar.gz`,
    checksums: `https://github.com/pulumi/pulumi/releases/download/v${version}/pulumi-${version}-checksums.txt`,
    member: "pulumi",
  };
  await fetchRelease(release, dir, report);
  return { path: join(dir, "pulumi"), version, source: "release" };
}

/** Is the Node.js language host where Pulumi looks: beside itself or on PATH? */
async function language(cli: string): Promise<boolean> {
  const dirs = [dirname(cli), ...(process.env.PATH ?? "").split(delimiter)];
  const found = await Promise.all(dirs.map((dir) => exists(join(dir, "pulumi-language-nodejs"))));
  return found.includes(true);
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
