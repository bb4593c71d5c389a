/** The local `debian`: trixie with apt, bootstrapped by mmdebstrap. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { buildImage } from "../docker.ts";
import { lastLines, type Report, run } from "../run.ts";
import { type DebianArchive, fetchEnvironment, sourcesFingerprint, untrustedSuite } from "./debianArchive.ts";
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

/** File times in the archive, so that the same packages make the same bytes (2025-01-01). */
export const sourceDateEpoch = "1735689600";

/** What is of no use in a container's file system; copyright files stay. */
const leftOut = ["/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/doc/*"];

/** The command line of mmdebstrap; pure. */
export function mmdebstrapArgs(sources: readonly string[], tar: string): string[] {
  return [
    "--variant=apt",
    `--include=${debianPackages.join(",")}`,
    '--aptopt=APT::Install-Recommends "false"',
    ...leftOut.map((path) => `--dpkgopt=path-exclude=${path}`),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    // A build that dies is built again: nothing is gained by syncing each file to the disk.
    "--dpkgopt=force-unsafe-io",
    suite,
    tar,
    ...sources,
  ];
}

/** Makes it from what `archive` gives, or finds it made. @throws TaskFlowError TF1202 with mmdebstrap's last lines. */
export async function makeDebian(archive: () => Promise<DebianArchive>, report: Report): Promise<string> {
  const file = dockerfile("rootfs");
  const recipe = shortHash({
    recipeVersion,
    args: mmdebstrapArgs([], "rootfs.tar"),
    sources: sourcesFingerprint(), // the image has them in its own apt
    steps: await readFile(file, "utf8"),
  });
  const made = await madeBy("debian", recipe);
  if (made) return made;
  const { sources } = await archive();
  return inTemporaryFolder(async (context) => {
    report(`bootstrapping Debian ${suite} from its packages (once, 20 to 80 s)`);
    const tar = join(context, "rootfs.tar");
    const result = await run("mmdebstrap", mmdebstrapArgs(sources, tar), {
      report,
      env: { ...(await fetchEnvironment()), SOURCE_DATE_EPOCH: sourceDateEpoch },
    });
    if (result.failed) {
      throw new TaskFlowError("TF1202", {
        what: `mmdebstrap could not make Debian ${suite}`,
        detail: lastLines(result.all),
        values: {
          fix: untrustedSuite(result.all)
            ? "sudo apt-get install --only-upgrade debian-archive-keyring"
            : "sudo apt-get update   # does apt reach its mirror?",
        },
      });
    }
    const ref = `${repository("debian")}:${await hashOfFiles(tar, file)}`;
    await buildImage({ context, dockerfile: file, tags: [ref], labels: recipeLabels(recipe) });
    return ref;
  });
}
