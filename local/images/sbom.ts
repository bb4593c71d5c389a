/** What an image consists of, as an SPDX document, by Syft. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { repoRoot } from "../paths.ts";
import { lastLines, type Report, run } from "../run.ts";
import { tool } from "../toolchain/index.ts";
import { bundled, expectPackages, type PackageCount } from "./packages.ts";

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

/** Writes `file`. @throws TaskFlowError TF1108 (no Syft to be had), TF1211 (it failed). */
async function write(source: string, name: string, file: string, report: Report): Promise<PackageCount> {
  const { path } = await tool("syft", report);
  const [title, version] = name.split(":") as [string, string | undefined];
  const result = await run(
    path,
    [
      ...["scan", source, "--source-name", title, ...(version ? ["--source-version", version] : [])],
      ...["--output", `spdx-json=${file}`, "--quiet"],
    ],
    { env: { SYFT_CHECK_FOR_APP_UPDATE: "false" } },
  );
  if (result.failed) {
    throw new TaskFlowError("TF1211", { what: `Syft failed on ${name}`, detail: lastLines(result.all) });
  }
  return countPackages(JSON.parse(await readFile(file, "utf8")));
}

/** Writes `file` for the image `ref`, saved at `archive`. @throws as `write`, and TF1210 (no packages seen). */
export async function imageSbom(
  archive: string,
  ref: string,
  file: string,
  report: Report,
): Promise<PackageCount> {
  const count = await write(`docker-archive:${archive}`, ref, file, report);
  expectPackages(count, ref, "Syft");
  return count;
}

/** Writes `file` for what is bundled. @throws as `write`, and TF1210 (no packages seen). */
export async function bundledSbom(file: string, report: Report): Promise<PackageCount> {
  const count = await write(`file:${join(repoRoot, bundled)}`, bundled, file, report);
  expectPackages(count, bundled, "Syft", ["language"]);
  return count;
}
