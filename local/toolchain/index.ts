/**
 * Tools are found, then fetched, then built: on PATH, in the cache, as the official release, from Go modules.
 *
 * `helm` is Helm 3.14+ or 4 from PATH, else Helm 3.22; `helm3` and `helm4` are for the tests, which run the chart
 * under both.
 */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { cacheDir } from "../paths.ts";
import { type Report, run } from "../run.ts";
import { fetchRelease } from "./download.ts";
import { buildWithGo } from "./goBuild.ts";
import { mend } from "./mend.ts";
import { acceptable, fill, specs, type ToolName, type ToolSpec, versionIn } from "./specs.ts";

export { type PulumiCli, type PulumiPlugin, pulumiCli } from "./pulumi.ts";
export { type ToolName, toolNames } from "./specs.ts";

export interface Tool {
  /** Absolute. */
  path: string;
  /** e.g. `3.22.0`. */
  version: string;
  source: "path" | "cache" | "release" | "go";
}

const found = new Map<ToolName, Promise<Tool>>();

/**
 * A tool that will do; looked for once a process. At worst it is built, which takes minutes.
 * @throws TaskFlowError TF1108 when no way leads to it, with what each of them said.
 */
export function tool(name: ToolName, report: Report = () => {}): Promise<Tool> {
  let promise = found.get(name);
  if (!promise) {
    promise = obtain(name, report);
    found.set(name, promise);
    // A failure may be mended meanwhile, for instance by a network that is back.
    promise.catch(() => found.delete(name));
  }
  return promise;
}

/** Where the pinned version lies in the cache, or will. */
export function cachePath(spec: ToolSpec): string {
  return join(cacheDir, "tools", fill(`${spec.program}-{version}-{os}-{arch}`, spec.version), spec.program);
}

/** The tool without fetching or building anything: on PATH or in the cache. */
export async function installedTool(name: ToolName): Promise<Tool | undefined> {
  return (await onPath(specs[name])) ?? (await cached(specs[name]));
}

async function obtain(name: ToolName, report: Report): Promise<Tool> {
  const installed = await installedTool(name);
  if (installed) return installed;
  const spec = specs[name];
  const target = cachePath(spec);
  const { url, checksums, member } = spec.release;
  const release = {
    url: fill(url, spec.version),
    checksums: fill(checksums, spec.version),
    ...(member ? { member: fill(member, spec.version) } : {}),
  };
  const ways = [
    { source: "release" as const, go: () => fetchRelease(release, target, report) },
    ...(spec.go ? [{ source: "go" as const, go: () => buildWithGo(spec, target, report) }] : []),
  ];
  const said: string[] = [];
  for (const way of ways) {
    try {
      await way.go();
      return { path: target, version: spec.version, source: way.source };
    } catch (error) {
      said.push((error as Error).message);
    }
  }
  throw new TaskFlowError("TF1108", {
    what: `${spec.program} ${spec.min} or newer is needed: none on PATH, and ${said.join("; ")}`,
    fix: [mend(spec), "npm run doctor"],
  });
}

/** The first program of that name on PATH whose version will do. */
async function onPath(spec: ToolSpec): Promise<Tool | undefined> {
  for (const dir of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(dir, spec.program);
    if (!isAbsolute(path) || !(await executable(path))) continue;
    const shown = await run(path, spec.versionArgs, { timeout: 10_000 });
    const version = versionIn(shown.stdout);
    if (version && acceptable(spec, version)) return { path, version, source: "path" };
  }
  return undefined;
}

async function cached(spec: ToolSpec): Promise<Tool | undefined> {
  const path = cachePath(spec);
  return (await executable(path)) ? { path, version: spec.version, source: "cache" } : undefined;
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
