/** The local `cc` and `python`: file systems of a handful of Debian packages, with no shell. */
import { chmod, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { buildImage } from "../docker.ts";
import type { Report } from "../run.ts";
import type { DebianArchive } from "./debianArchive.ts";
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
import { recipeVersion, runtimePackages, suite } from "./pins.ts";
import { extract, pack, register, removeDocuments } from "./rootfs.ts";

/** As in the official runtimes: root, nobody and the user that everything runs as. */
const etc: Readonly<Record<string, string>> = {
  passwd: `root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
`,
  group: "root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

/** Scripts for a shell that is not there. */
const scripts = ["usr/sbin/update-ca-certificates"];

/** What the packages' scripts would have done, as far as a runtime needs it. */
async function finish(root: string, name: "cc" | "python"): Promise<void> {
  // An unmerged package would put a folder in the place of these links, and half the libraries out of sight.
  for (const link of ["bin", "lib", "sbin"]) {
    if (!(await lstat(join(root, link)).catch(() => undefined))?.isSymbolicLink()) {
      throw new TaskFlowError("TF1202", {
        what: `the unpacked Debian packages left no usr-merged /${link}`,
        values: { fix: "TASKFLOW_BASE_IMAGES=official npm run up" },
      });
    }
  }
  for (const [file, text] of Object.entries(etc)) await writeFile(join(root, "etc", file), text);

  const mozilla = join(root, "usr/share/ca-certificates/mozilla");
  const authorities = (await readdir(mozilla)).filter((file) => file.endsWith(".crt")).sort();
  const bundle = await Promise.all(authorities.map((file) => readFile(join(mozilla, file), "utf8")));
  await mkdir(join(root, "etc/ssl/certs"), { recursive: true });
  await writeFile(join(root, "etc/ssl/certs/ca-certificates.crt"), bundle.join(""));

  for (const dir of ["tmp", "var/tmp", "home/nonroot"]) await mkdir(join(root, dir), { recursive: true });
  for (const dir of ["tmp", "var/tmp"]) await chmod(join(root, dir), 0o1777);
  await chmod(join(root, "home/nonroot"), 0o700);
  if (name === "python") await symlink("python3.13", join(root, "usr/bin/python3"));

  for (const script of scripts) await rm(join(root, script), { force: true });
  await removeDocuments(root);
  // The C library's tables for old encodings.
  const libraries = (await readdir(join(root, "usr/lib"), { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  for (const { name: triplet } of libraries)
    await rm(join(root, "usr/lib", triplet, "gconv"), { recursive: true, force: true });
}

/** Makes it from what `archive` gives, or finds it made. @throws TaskFlowError TF1202, TF1201. */
export async function makeRuntime(
  name: "cc" | "python",
  archive: () => Promise<DebianArchive>,
  report: Report,
): Promise<string> {
  const file = dockerfile(name);
  const packages = runtimePackages[name];
  const steps = await readFile(file, "utf8");
  const recipe = shortHash({ recipeVersion, suite, packages, etc, scripts, steps });
  const made = await madeBy(name, recipe);
  if (made) return made;
  const from = await archive();
  return inTemporaryFolder(async (folder) => {
    report(`making ${repository(name)} from ${packages.length} Debian packages (once)`);
    const root = join(folder, "root");
    const context = join(folder, "context");
    const debs = await downloadPackages(from, { exactly: packages }, join(folder, "apt"), report);
    await extract(debs, root);
    await register(debs, root, join(folder, "control"));
    await finish(root, name);
    await mkdir(context);
    const tar = join(context, "rootfs.tar");
    await pack(root, tar, { "home/nonroot": 65532 });
    const ref = `${repository(name)}:${await hashOfFiles(tar, file)}`;
    await buildImage({ context, dockerfile: file, tags: [ref], labels: recipeLabels(recipe), report });
    return ref;
  });
}
