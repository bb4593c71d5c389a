import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const sources = ["*.{ts,json}", "{app,components,lib,prisma,scripts}/**/*"];

/** Names a build by what it is made of: 16 hex digits over every source file's path and bytes. */
export function sourceHash(root: string): string {
  const hash = createHash("sha256");
  for (const file of globSync(sources, { cwd: root }).sort()) {
    if (!statSync(join(root, file)).isFile()) continue;
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex").slice(0, 16);
}
