/**
 * Next.js draws keys at each build, for draft mode and for server actions. The app has neither, so nothing is encrypted
 * or signed with them; drawn anew they would only make two images of the same sources. A test keeps both out of the
 * app: whoever wants one of them needs keys that nobody can derive.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const prerender = ".next/prerender-manifest.json";
const preview = ".next/server/preview-props.json";
const actions = [".next/server/server-reference-manifest.json", ".next/server/server-reference-manifest.js"];

/** Puts keys that follow from `seed` in the place of those under `standalone`. */
export function fixKeys(standalone: string, seed: string): void {
  const json = (file: string) => JSON.parse(readFileSync(join(standalone, file), "utf8"));
  const derived = (name: string) => createHash("sha256").update(`${seed}\0${name}`).digest();
  const drawn = json(prerender).preview as Record<string, string>;
  for (const [name, key] of Object.entries(drawn)) {
    const fixed = derived(name).toString("hex").slice(0, key.length);
    for (const file of [prerender, preview]) replace(join(standalone, file), key, fixed);
  }
  const { encryptionKey } = json(actions[0] as string) as { encryptionKey: string };
  for (const file of actions) {
    replace(join(standalone, file), encryptionKey, derived("encryptionKey").toString("base64"));
  }
}

/** A key that is not where it is expected is one that still changes from build to build. */
function replace(file: string, key: string, fixed: string): void {
  const text = readFileSync(file, "utf8");
  if (!key || !text.includes(key)) throw new Error(`${file} does not hold the key that Next.js drew`);
  writeFileSync(file, text.replaceAll(key, fixed));
}
