/** Packages as scanners and bills of materials count them. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";

export interface PackageCount {
  /** Of the distribution: Debian's. */
  os: number;
  /** Of npm and PyPI. */
  language: number;
}

const words = { os: "operating system", language: "language" } as const;

/**
 * A tool that sees no packages finds nothing wrong with them either.
 * @param name of what it looked at: an image's ref, a lockfile's path.
 * @throws TaskFlowError TF1210 where one of the wanted kinds is missing.
 */
export function expectPackages(
  count: PackageCount,
  name: string,
  program: string,
  wanted: readonly (keyof PackageCount)[] = ["os", "language"],
): void {
  const missing = wanted.filter((kind) => count[kind] === 0).map((kind) => words[kind]);
  if (missing.length === 0) return;
  throw new TaskFlowError("TF1210", {
    what: `${program} saw no ${missing.join(" and no ")} packages in ${name}`,
    values: { image: name },
  });
}

/**
 * What the frontend's bundles are made of. Bundled code belongs to no package in the image, so nobody who looks at the
 * image alone sees it.
 */
export const bundled = "frontend/package-lock.json";
