/** What an image consists of, as an SPDX document, by Syft. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, type Report, run } from "../run.ts";
import { tool } from "../toolchain/index.ts";
import { expectPackages, type PackageCount } from "./packages.ts";

const spdx = z.object({
  spdxVersion: z.string(),
  packages: z.array(
    z.object({
      externalRefs: z
        .array(z.object({ referenceType: z.string(), referenceLocator: z.string() }))
        .optional()
        .default([]),
    }),
  ),
});

/** Which kind a package URL (`pkg:deb/...`) is of; others, such as the image itself, are none of both. */
const kinds: Readonly<Record<string, keyof PackageCount>> = { deb: "os", npm: "language", pypi: "language" };

/** Counts the packages of an SPDX document (its parsed JSON). */
export function countPackages(document: unknown): PackageCount {
  const count = { os: 0, language: 0 };
  for (const { externalRefs } of spdx.parse(document).packages) {
    const purl = externalRefs.find((reference) => reference.referenceType === "purl")?.referenceLocator;
    const kind = kinds[/^pkg:(\w+)\//.exec(purl ?? "")?.[1] ?? ""];
    if (kind) count[kind] += 1;
  }
  return count;
}

/**
 * Writes `file` for the image `ref`, saved at `archive`.
 * @throws TaskFlowError TF1108 (no Syft to be had), TF1211 (it failed), TF1210 (it saw no packages).
 */
export async function writeSbom(
  archive: string,
  ref: string,
  file: string,
  report: Report,
): Promise<PackageCount> {
  const { path } = await tool("syft", report);
  const [name, version] = ref.split(":") as [string, string];
  const result = await run(
    path,
    [
      ...["scan", `docker-archive:${archive}`, "--source-name", name, "--source-version", version],
      ...["--output", `spdx-json=${file}`, "--quiet"],
    ],
    { env: { SYFT_CHECK_FOR_APP_UPDATE: "false" } },
  );
  if (result.failed) {
    throw new TaskFlowError("TF1211", { what: `Syft failed on ${ref}`, detail: lastLines(result.all) });
  }
  const count = countPackages(JSON.parse(await readFile(file, "utf8")));
  expectPackages(count, ref, "Syft");
  return count;
}
