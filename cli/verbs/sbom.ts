import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { Command } from "commander";
import { withArchive } from "../../local/clusters/archive.ts";
import { imageId } from "../../local/docker.ts";
import { provenance } from "../../local/images/provenance.ts";
import { bundledSbom, imageSbom } from "../../local/images/sbom.ts";
import { repoRoot, stateDir } from "../../local/paths.ts";
import { type Report, run } from "../../local/run.ts";
import { type AppImage, appImages } from "../appImages.ts";
import { type StackOptions, withStack } from "../options.ts";
import { steps } from "../ui/steps.ts";

/** What the images consist of and what they were made from, as files. */
export function sbom(): Command {
  return withStack(new Command("sbom"))
    .description("write a bill of materials (SPDX) and the provenance (SLSA) of each of the app's images")
    .option("-y, --yes", "answer yes to every question")
    .action(async (options: StackOptions & { yes?: boolean }) => {
      const app = await appImages(options);
      const lines: string[] = [];
      await steps("TaskFlow: sbom", [
        ...app.steps,
        {
          title: "Write bills of materials and provenance",
          run: async (report) => {
            for (const image of app.images) lines.push(await describe(image, report));
          },
        },
      ]);
      console.log(lines.join("\n"));
    });
}

/** Writes the files of an image; returns a line that says where. */
async function describe({ component, ref, id, spec }: AppImage, report: Report): Promise<string> {
  const folder = join(stateDir, "images", ref.replace(":", "-"));
  await mkdir(folder, { recursive: true });
  const count = await withArchive(ref, (archive) =>
    imageSbom(archive, ref, join(folder, "sbom.spdx.json"), report),
  );
  const bases: Record<string, { ref: string; id: string }> = {};
  for (const [name, base] of Object.entries(spec.args)) {
    if (name.endsWith("_IMAGE")) bases[name] = { ref: base, id: (await imageId(base)) ?? "" };
  }
  const source = await checkedOut();
  const statement = provenance({ ...spec, ref, id, bases, ...(source && { source }) });
  await writeFile(join(folder, "provenance.json"), `${JSON.stringify(statement, null, 2)}\n`);
  const told = `${relative(repoRoot, folder)}: ${count.os} OS and ${count.language} language packages`;
  if (component !== "frontend") return told;
  const inBundles = await bundledSbom(join(folder, "bundled.spdx.json"), report);
  return `${told}, ${inBundles.language} in its lockfile`;
}

/** The commit that this checkout is at, and whether something differs from it. */
async function checkedOut(): Promise<{ commit: string; changed: boolean } | undefined> {
  const git = async (...args: string[]) => run("git", args, { cwd: repoRoot });
  const head = await git("rev-parse", "HEAD");
  if (head.failed) return undefined;
  return { commit: head.stdout.trim(), changed: (await git("status", "--porcelain")).stdout !== "" };
}
