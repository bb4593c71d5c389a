import { Command } from "commander";
import { withArchive } from "../../local/clusters/archive.ts";
import { bundled } from "../../local/images/packages.ts";
import { expectClean, readyTrivy, type Scan, scanBundled, scanImage } from "../../local/images/trivy.ts";
import type { Tool } from "../../local/toolchain/index.ts";
import { appImages } from "../appImages.ts";
import { type StackOptions, withStack } from "../options.ts";
import { steps } from "../ui/steps.ts";

/** Known vulnerabilities. What could not be scanned is never called clean: it has an exit code of its own. */
export function scan(): Command {
  return withStack(new Command("scan"))
    .description(
      "look for known vulnerabilities in the app's images with Trivy; fails on critical and high ones",
    )
    .option("--json", "print every finding as JSON on standard output")
    .option("-y, --yes", "answer yes to every question")
    .action(async (options: StackOptions & { json?: boolean; yes?: boolean }) => {
      const app = await appImages(options);
      const scans: Record<string, Scan> = {};
      let trivy: Tool | undefined;
      await steps("TaskFlow: scan", [
        {
          // First: without it nothing needs to be built.
          title: "Trivy and its database",
          run: async (report) => {
            trivy = await readyTrivy(report);
            return trivy.version;
          },
        },
        ...app.steps,
        {
          title: "Scan",
          run: async () => {
            for (const { ref } of app.images) {
              scans[ref] = await withArchive(ref, (archive) => scanImage(trivy as Tool, archive, ref));
            }
            scans[bundled] = await scanBundled(trivy as Tool);
          },
        },
      ]);
      if (options.json) console.log(JSON.stringify(scans, null, 2));
      else for (const [ref, found] of Object.entries(scans)) console.log(summary(ref, found));
      expectClean(scans);
    });
}

/** One line for an image: what was looked at, and how much of which severity was found. */
export function summary(ref: string, { packages, findings }: Scan): string {
  const counts = new Map<string, number>();
  for (const { severity } of findings) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  const found = [...counts].map(([severity, count]) => `${count} ${severity.toLowerCase()}`).join(", ");
  return `${ref}: ${packages.os} OS and ${packages.language} language packages, ${found || "nothing known against them"}`;
}
