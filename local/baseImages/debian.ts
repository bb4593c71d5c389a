/** The local `debian`: trixie with apt, bootstrapped from its packages. */
import { link, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { buildImage } from "../docker.ts";
import type { Report } from "../run.ts";
import { type DebianArchive, sourcesFingerprint } from "./debianArchive.ts";
import { downloadPackages } from "./debPackages.ts";
import {
  dockerfile,
  hashOfFiles,
  inTemporaryFolder,
  madeBy,
  recipeLabels,
  repository,
  shortHash,
} from "./make.ts";
import { debianPackages, recipeVersion, suite } from "./pins.ts";
import { documents, extract, pack, removeDocuments } from "./rootfs.ts";

/** Settings of the image's own dpkg and apt, for this bootstrap and for what is installed on it. */
const settings: Readonly<Record<string, string>> = {
  // A build that dies is built again: nothing is gained by syncing each file to the disk.
  "etc/dpkg/dpkg.cfg.d/taskflow": [
    "force-unsafe-io",
    ...[...documents, "doc"].map((dir) => `path-exclude=/usr/share/${dir}/*`),
    "path-include=/usr/share/doc/*/copyright",
    "",
  ].join("\n"),
  "etc/apt/apt.conf.d/50taskflow": 'APT::Install-Recommends "false";\nAcquire::Languages "none";\n',
};

/** What dpkg must find before it has installed itself. */
const emptyDatabase = ["status", "available"];

/** Makes it from what `archive` gives, or finds it made. @throws TaskFlowError TF1202, TF1201. */
export async function makeDebian(archive: () => Promise<DebianArchive>, report: Report): Promise<string> {
  const file = dockerfile("debian");
  const recipe = shortHash({
    recipeVersion,
    suite,
    debianPackages,
    settings,
    sources: sourcesFingerprint(), // the image has them in its own apt
    steps: await readFile(file, "utf8"),
  });
  const made = await madeBy("debian", recipe);
  if (made) return made;
  const from = await archive();
  return inTemporaryFolder(async (folder) => {
    report(`bootstrapping Debian ${suite} from its packages (once)`);
    const root = join(folder, "root");
    const context = join(folder, "context");
    const packages = { withDependencies: ["?essential", "apt", ...debianPackages] };
    const debs = await downloadPackages(from, packages, join(folder, "apt"), report);
    await extract(debs, root);
    await removeDocuments(root);
    await mkdir(join(root, "var/lib/dpkg/info"), { recursive: true });
    for (const name of emptyDatabase) await writeFile(join(root, "var/lib/dpkg", name), "");
    for (const [path, text] of Object.entries(settings)) await writeFile(join(root, path), text);
    await writeFile(join(root, "etc/apt/sources.list"), `${from.sources.join("\n")}\n`);

    await mkdir(join(context, "debs"), { recursive: true });
    for (const deb of debs) await link(deb, join(context, "debs", basename(deb)));
    await pack(root, join(context, "rootfs.tar"));
    const ref = `${repository("debian")}:${await hashOfFiles(join(context, "rootfs.tar"), file)}`;
    await buildImage({ context, dockerfile: file, tags: [ref], labels: recipeLabels(recipe), report });
    return ref;
  });
}
