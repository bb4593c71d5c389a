/** A root file system as a folder: packages go in, an archive comes out. Nobody has to be root for it. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, run } from "../run.ts";

/** File times in archives, so that the same packages make the same bytes (2025-01-01). */
const time = "@1735689600";

async function runOrFail(file: string, args: string[], what: string): Promise<void> {
  const result = await run(file, args);
  if (result.failed) throw new TaskFlowError("TF1201", { what, detail: lastLines(result.all) });
}

/** Unpacks the packages' files under `root`; none of their scripts runs. */
export async function extract(debs: readonly string[], root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const deb of debs)
    await runOrFail("dpkg-deb", ["--extract", deb, root], `${deb} could not be unpacked`);
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

/**
 * Enters packages that were extracted in dpkg's database under `root`, for scanners to read.
 * @param scratch a folder for their control files.
 */
export async function register(debs: readonly string[], root: string, scratch: string): Promise<void> {
  const info = join(root, "var/lib/dpkg/info");
  await mkdir(info, { recursive: true });
  const status: string[] = [];
  for (const deb of debs) {
    const control = join(scratch, String(status.length));
    await mkdir(control, { recursive: true });
    await runOrFail("dpkg-deb", ["--control", deb, control], `${deb} could not be unpacked`);
    const paragraph = await readFile(join(control, "control"), "utf8");
    const sums = await readFile(join(control, "md5sums"), "utf8");
    const files = sums.split("\n").flatMap((line) => (line ? [`/${line.slice(34)}`] : []));
    await writeFile(join(info, `${infoName(paragraph)}.md5sums`), sums);
    await writeFile(join(info, `${infoName(paragraph)}.list`), `${files.join("\n")}\n`);
    status.push(statusParagraph(paragraph));
  }
  await writeFile(join(root, "var/lib/dpkg/status"), status.join("\n"));
}

/** Folders under /usr/share with documents that nobody reads in a container. */
export const documents = ["man", "info", "locale", "lintian", "bug", "doc-base"];

/** Removes documents; copyright files stay. */
export async function removeDocuments(root: string): Promise<void> {
  const share = join(root, "usr/share");
  for (const dir of documents) await rm(join(share, dir), { recursive: true, force: true });
  for (const entry of await readdir(join(share, "doc"), { recursive: true, withFileTypes: true })) {
    if (!entry.isDirectory() && entry.name !== "copyright") await rm(join(entry.parentPath, entry.name));
  }
}

/**
 * Packs `root`: the same bytes for the same files.
 * @param owned folders (relative to `root`) with the number of the user and group that they belong to; all
 * else is root's.
 */
export async function pack(
  root: string,
  tar: string,
  owned: Readonly<Record<string, number>> = {},
): Promise<void> {
  const same = ["--sort=name", "--numeric-owner", `--mtime=${time}`, "--file", tar, "--directory", root];
  const archives = [
    [
      "--create",
      "--owner=0",
      "--group=0",
      ...same,
      ...Object.keys(owned).map((dir) => `--exclude=./${dir}`),
      ".",
    ],
    ...Object.entries(owned).map(([dir, id]) => [
      "--append",
      `--owner=${id}`,
      `--group=${id}`,
      ...same,
      `./${dir}`,
    ]),
  ];
  for (const args of archives) await runOrFail("tar", args, "packing a base image's files failed");
}
