/** Packages from the Debian archive, as files. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, type Report, type RunOptions, run } from "../run.ts";
import { type DebianArchive, fetchEnvironment, untrustedSuite } from "./debianArchive.ts";

async function aptGet(args: string[], options: RunOptions, what: string): Promise<void> {
  const result = await run("apt-get", args, options);
  if (!result.failed) return;
  throw new TaskFlowError("TF1202", {
    what,
    detail: lastLines(result.all),
    values: {
      fix: untrustedSuite(result.all)
        ? "sudo apt-get install --only-upgrade debian-archive-keyring"
        : "sudo apt-get update   # does apt reach its mirror?",
    },
  });
}

/**
 * Downloads packages with an apt that has state and configuration of its own under `folder`: the machine's
 * package lists stay as they are, its update hooks don't run, and nobody has to be root. apt checks the
 * archive's signature and each file's hash.
 * @param wanted `exactly` these packages, or these `withDependencies` (apt's patterns allowed).
 * @returns the .deb files' absolute paths, sorted.
 */
export async function downloadPackages(
  archive: DebianArchive,
  wanted: { exactly: readonly string[] } | { withDependencies: readonly string[] },
  folder: string,
  report: Report,
): Promise<string[]> {
  const at = (...parts: string[]): string => join(folder, ...parts);
  for (const dir of ["state/lists/partial", "cache/archives/partial", "none"]) {
    await mkdir(at(dir), { recursive: true });
  }
  await writeFile(at("status"), "");
  await writeFile(at("sources.list"), `${archive.sources.join("\n")}\n`);
  const settings = {
    "Dir::State": at("state"),
    "Dir::State::status": at("status"),
    "Dir::Cache": at("cache"),
    "Dir::Etc::sourcelist": at("sources.list"),
    "Dir::Etc::sourceparts": at("none"),
    "Dir::Etc::parts": at("none"),
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::preferencesparts": at("none"),
    "APT::Sandbox::User": "root", // apt's own user may not write here
    "APT::Update::Error-Mode": "any",
    "APT::Install-Recommends": "false",
    "Acquire::Languages": "none",
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";`);
  await writeFile(at("apt.conf"), `${lines.join("\n")}\n`);
  const debs = at("cache/archives");
  const options = { env: { ...(await fetchEnvironment()), APT_CONFIG: at("apt.conf") }, cwd: debs, report };
  await aptGet(["update"], options, "apt could not read the Debian archive");
  const args =
    "exactly" in wanted
      ? ["download", ...wanted.exactly]
      : ["install", "--yes", "--download-only", ...wanted.withDependencies];
  await aptGet(args, options, "apt could not download the packages of a base image");
  const files = (await readdir(debs)).filter((file) => file.endsWith(".deb"));
  return files.sort().map((file) => join(debs, file));
}
