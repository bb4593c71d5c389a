/** Packages as scanners and bills of materials count them. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";

export interface PackageCount {
  /** Of the distribution: Debian's. */
  os: number;
  /** Of npm and PyPI. */
  language: number;
}

/**
 * A tool that sees no packages finds nothing wrong with them either.
 * @throws TaskFlowError TF1210 where one of the two kinds is missing.
 */
export function expectPackages(count: PackageCount, ref: string, program: string): void {
  const missing = [
    ...(count.os > 0 ? [] : ["operating system"]),
    ...(count.language > 0 ? [] : ["language"]),
  ];
  if (missing.length === 0) return;
  throw new TaskFlowError("TF1210", {
    what: `${program} saw no ${missing.join(" and no ")} packages in ${ref}`,
    values: { image: ref },
  });
}
