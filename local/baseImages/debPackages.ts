/** Named packages from the Debian archive, unpacked without running any of their scripts. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, type Report, type RunOptions, run } from "../run.ts";
import { type DebianArchive, fetchEnvironment, untrustedSuite } from "./debianArchive.ts";

async function runOrFail(file: string, args: string[], options: RunOptions, what: string): Promise<string> {
  const result = await run(file, args, options);
  if (!result.failed) return result.stdout;
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
 * Downloads exactly the named packages, no dependencies, with an apt that has state and configuration of its
 * own under `folder`: the machine's package lists stay as they are, and its update hooks don't run.
 * apt checks the archive's signature and each file's hash.
 * @returns the .deb files' absolute paths, sorted.
 */
export async function downloadPackages(
  archive: DebianArchive,
  packages: readonly string[],
  folder: string,
  report: Report,
): Promise<string[]> {
  const at = (...parts: string[]): string => join(folder, ...parts);
  for (const dir of ["state/lists/partial", "cache/archives/partial", "parts", "debs"]) {
    await mkdir(at(dir), { recursive: true });
  }
  await writeFile(at("status"), "");
  await writeFile(at("sources.list"), `${archive.sources.join("\n")}\n`);
  const settings = {
    "Dir::State": at("state"),
    "Dir::State::status": at("status"),
    "Dir::Cache": at("cache"),
    "Dir::Etc::sourcelist": at("sources.list"),
    "Dir::Etc::sourceparts": at("parts"),
    "Dir::Etc::parts": at("parts"),
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::preferencesparts": at("parts"),
    "APT::Sandbox::User": "root", // apt's own user may not write here
    "APT::Update::Error-Mode": "any",
    "Acquire::Languages": "none",
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";`);
  await writeFile(at("apt.conf"), `${lines.join("\n")}\n`);
  const env = { ...(await fetchEnvironment()), APT_CONFIG: at("apt.conf") };
  await runOrFail("apt-get", ["update"], { env, report }, "apt could not read the Debian archive");
  const what = "apt could not download the packages of a base image";
  await runOrFail("apt-get", ["download", ...packages], { env, cwd: at("debs"), report }, what);
  return (await readdir(at("debs"))).sort().map((file) => at("debs", file));
}

/** `Multi-Arch: same` packages carry their architecture in the names of dpkg's files. */
export function infoName(control: string): string {
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.+)$`, "m").exec(control)?.[1];
  return field("Multi-Arch") === "same"
    ? `${field("Package")}:${field("Architecture")}`
    : `${field("Package")}`;
}

/** A control paragraph as dpkg's database has it. */
export const statusParagraph = (control: string): string =>
  `${control.trimEnd().replace(/^(Package: .+)$/m, "$1\nStatus: install ok installed")}\n`;

/** Unpacks the files under `root` and enters each package in dpkg's database there, for scanners to read. */
export async function unpack(debs: readonly string[], root: string, scratch: string): Promise<void> {
  const info = join(root, "var/lib/dpkg/info");
  await mkdir(info, { recursive: true });
  const status: string[] = [];
  for (const deb of debs) {
    const control = join(scratch, "control", String(status.length));
    await mkdir(control, { recursive: true });
    const what = `${deb} could not be unpacked`;
    await runOrFail("dpkg-deb", ["--extract", deb, root], {}, what);
    await runOrFail("dpkg-deb", ["--control", deb, control], {}, what);
    const paragraph = await readFile(join(control, "control"), "utf8");
    const sums = await readFile(join(control, "md5sums"), "utf8");
    const files = sums.split("\n").flatMap((line) => (line ? [`/${line.slice(34)}`] : []));
    await writeFile(join(info, `${infoName(paragraph)}.md5sums`), sums);
    await writeFile(join(info, `${infoName(paragraph)}.list`), `${files.join("\n")}\n`);
    status.push(statusParagraph(paragraph));
  }
  await writeFile(join(root, "var/lib/dpkg/status"), status.join("\n"));
}
