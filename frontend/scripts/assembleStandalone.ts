/** Completes .next/standalone: Next.js leaves the browser's files out of it, and what it draws by chance in it. */
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fixKeys } from "./fixedKeys.ts";
import { sourceHash } from "./sourceHash.ts";

const root = join(import.meta.dirname, "..");
const standalone = join(root, ".next", "standalone");

cpSync(join(root, ".next", "static"), join(standalone, ".next", "static"), { recursive: true });
if (existsSync(join(root, "public"))) {
  cpSync(join(root, "public"), join(standalone, "public"), { recursive: true });
}
// A place to mount the one folder that may be written to.
mkdirSync(join(standalone, ".next", "cache"), { recursive: true });
// Settings of the machine that builds must not travel.
for (const file of [".env", ".env.local", ".env.production", ".env.production.local"]) {
  rmSync(join(standalone, file), { force: true });
}
fixKeys(standalone, sourceHash(root));
