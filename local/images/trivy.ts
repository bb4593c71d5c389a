/** Known vulnerabilities of an image, by Trivy. */
import { join } from "node:path";
import { z } from "zod";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { repoRoot } from "../paths.ts";
import { lastLines, type Report, run } from "../run.ts";
import { type Tool, tool } from "../toolchain/index.ts";
import { bundled, expectPackages, type PackageCount } from "./packages.ts";

/** What may not be in an image. */
const refused = ["CRITICAL", "HIGH"];

export interface Finding {
  /** e.g. `CVE-2026-1234`. */
  id: string;
  severity: string;
  package: string;
  installed: string;
  /** Empty where there is no mended version yet. */
  fixed: string;
  /** In Trivy's words for kinds of packages, e.g. `debian`, `node-pkg`. */
  type: string;
}

export interface Scan {
  packages: PackageCount;
  /** Every one that Trivy knows, the worst first. */
  findings: Finding[];
}

const shape = z.object({
  Results: z
    .array(
      z.object({
        Type: z.string(),
        Class: z.string().optional(),
        Packages: z.array(z.unknown()).optional().default([]),
        Vulnerabilities: z
          .array(
            z.object({
              VulnerabilityID: z.string(),
              PkgName: z.string(),
              InstalledVersion: z.string().optional().default(""),
              FixedVersion: z.string().optional().default(""),
              Severity: z.string().optional().default("UNKNOWN"),
            }),
          )
          .optional()
          .default([]),
      }),
    )
    .optional()
    .default([]),
});

const severities = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN"];
const kinds: Readonly<Record<string, keyof PackageCount>> = { "os-pkgs": "os", "lang-pkgs": "language" };

/** Reads the parsed JSON of `trivy image --format json --list-all-pkgs`. */
export function readScan(json: unknown): Scan {
  const packages = { os: 0, language: 0 };
  const findings: Finding[] = [];
  for (const result of shape.parse(json).Results) {
    const kind = kinds[result.Class ?? ""];
    if (kind) packages[kind] += result.Packages.length;
    for (const found of result.Vulnerabilities) {
      findings.push({
        id: found.VulnerabilityID,
        severity: found.Severity,
        package: found.PkgName,
        installed: found.InstalledVersion,
        fixed: found.FixedVersion,
        type: result.Type,
      });
    }
  }
  findings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  return { packages, findings };
}

/** Those that may not be in an image. */
export const refusedIn = ({ findings }: Scan): Finding[] =>
  findings.filter(({ severity }) => refused.includes(severity));

const line = (found: Finding): string =>
  `${found.severity} ${found.id} ${found.package} ${found.installed}${found.fixed ? ` (mended in ${found.fixed})` : ""}`;

/** @throws TaskFlowError TF1208 where an image (by its ref) has what none may have. */
export function expectClean(scans: Readonly<Record<string, Scan>>): void {
  const bad = Object.entries(scans).flatMap(([ref, scan]) =>
    refusedIn(scan).map((found) => ({ ref, text: `${ref}: ${line(found)}` })),
  );
  if (bad.length === 0) return;
  const refs = [...new Set(bad.map(({ ref }) => ref))].join(" and ");
  throw new TaskFlowError("TF1208", {
    what: `${bad.length} critical or high ones in ${refs}`,
    detail: bad.map(({ text }) => text),
  });
}

const notScanned = (what: string, fix: string, detail: readonly string[] = []): TaskFlowError =>
  new TaskFlowError("TF1209", { what, detail, values: { fix } });

/** Trivy with a current database. @throws TaskFlowError TF1209 where one of them can't be had. */
export async function readyTrivy(report: Report): Promise<Tool> {
  let found: Tool;
  try {
    found = await tool("trivy", report);
  } catch (error) {
    if (!(error instanceof TaskFlowError)) throw error;
    throw notScanned(error.what, error.fix[0] ?? "npm run doctor");
  }
  report("fetching Trivy's vulnerability database, unless it is current");
  const args = ["image", "--download-db-only", "--no-progress", "--disable-telemetry"];
  const result = await run(found.path, args);
  if (!result.failed) return found;
  throw notScanned(
    "Trivy is there, its vulnerability database can't be had",
    "export TRIVY_DB_REPOSITORY=REGISTRY/trivy-db:2   # a mirror of it that answers here",
    lastLines(result.all, 3),
  );
}

async function scan(trivy: Tool, what: readonly string[], name: string): Promise<Scan> {
  const result = await run(trivy.path, [
    ...what,
    ...["--format", "json", "--list-all-pkgs", "--scanners", "vuln", "--quiet"],
    ...["--skip-db-update", "--offline-scan", "--skip-version-check", "--disable-telemetry"],
    ...["--ignorefile", join(repoRoot, ".trivyignore.yaml")],
  ]);
  if (result.failed) throw notScanned(`Trivy failed on ${name}`, "trivy clean --all", lastLines(result.all));
  return readScan(JSON.parse(result.stdout));
}

/**
 * Scans the image `ref`, saved at `archive`.
 * @throws TaskFlowError TF1209 (Trivy failed), TF1210 (it saw no packages, so it says nothing).
 */
export async function scanImage(trivy: Tool, archive: string, ref: string): Promise<Scan> {
  const found = await scan(trivy, ["image", "--input", archive], ref);
  expectPackages(found.packages, ref, "Trivy");
  return found;
}

/** Scans what is bundled. @throws as `scanImage`. */
export async function scanBundled(trivy: Tool): Promise<Scan> {
  const found = await scan(trivy, ["fs", join(repoRoot, bundled)], bundled);
  expectPackages(found.packages, bundled, "Trivy", ["language"]);
  return found;
}
