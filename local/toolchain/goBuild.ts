/** Builds tools from Go modules, pinned by a committed go.sum, where no release host answers but a module proxy does. */
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { lastLines, type Report, run } from "../run.ts";
import { compareVersions, fill, type ToolSpec } from "./specs.ts";

/** The oldest Go that understands the modules' `tool` lines; a newer one that they ask for, it fetches itself. */
const oldestGo = "1.24.0";

/** A build that can't be done; the message is for a person. */
export class BuildError extends Error {}

/** Path of a Go that will do. @throws BuildError */
export async function goProgram(): Promise<string> {
  const found: string[] = [];
  // Go's own installer leaves it off PATH.
  for (const path of ["go", "/usr/local/go/bin/go"]) {
    const version = /\bgo(\d+\.\d+(\.\d+)?)/.exec((await run(path, ["version"])).stdout)?.[1];
    if (version && compareVersions(version, oldestGo) >= 0) return path;
    if (version) found.push(version);
  }
  throw new BuildError(found.length > 0 ? `Go ${found[0]} is older than ${oldestGo}` : "there is no Go here");
}

/** Builds the spec's pinned version to `target`; minutes, once. @throws BuildError */
export async function buildWithGo(spec: ToolSpec, target: string, report: Report = () => {}): Promise<void> {
  const recipe = spec.go;
  if (!recipe) throw new BuildError(`${spec.program} is not built here`);
  const go = await goProgram();
  report(`building ${spec.program} ${spec.version} with Go; this takes minutes, once`);
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(join(dirname(target), "build-"));
  try {
    const output = join(work, basename(target));
    const settings = Object.entries(recipe.set).map(
      ([name, value]) => `-X ${name}=${fill(value, spec.version)}`,
    );
    const built = await run(
      go,
      [
        "build",
        "-mod=readonly",
        "-trimpath",
        `-ldflags=-s -w ${settings.join(" ")}`,
        "-o",
        output,
        recipe.package,
      ],
      {
        cwd: join(import.meta.dirname, "go", recipe.module),
        // What the user set for other work must not change the build; `auto` lets an older Go fetch the one asked for.
        env: { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", GOTOOLCHAIN: "auto" },
        report,
      },
    );
    if (built.failed) {
      throw new BuildError(`go build of ${spec.program} failed: ${lastLines(built.all, 3).join(" | ")}`);
    }
    await rename(output, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
