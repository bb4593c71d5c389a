/** Names a folder by its content, as `docker build` would see it: known before anything is built. */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import dockerignore from "@balena/dockerignore";
import { repoRoot } from "../local/paths.ts";

/** Tells which paths (relative, with `/`) a .dockerignore leaves out, and which folders need not be entered. */
export interface IgnoreRules {
  ignores(path: string): boolean;
  /** Is the whole folder left out, with no `!` line that could bring back something below it? */
  skips(folder: string): boolean;
}

/** Could this `!` pattern match something below the folder? May say yes where it doesn't; never the reverse. */
function mayMatchBelow(pattern: string, folder: string): boolean {
  const wanted = pattern.split("/");
  for (const [i, name] of folder.split("/").entries()) {
    const segment = wanted[i];
    if (segment === undefined || segment === "**") return true;
    if (!/[*?[\\]/.test(segment) && segment !== name) return false;
  }
  return true;
}

/** Reads the text of a .dockerignore. */
export function ignoreRules(text: string): IgnoreRules {
  // The library leaves these regular expression characters as they are; to Docker they are plain ones.
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.replace(/(?<!\\)[(){}+|]/g, "\\$&"));
  const rules = dockerignore.default({ ignorecase: false }).add(lines);
  const exceptions = lines
    .filter((line) => line.startsWith("!"))
    .map((line) =>
      line
        .slice(1)
        .trim()
        .replace(/^\.?\//, ""),
    );
  return {
    ignores: (path) => rules.ignores(path),
    skips: (folder) => rules.ignores(folder) && !exceptions.some((pattern) => mayMatchBelow(pattern, folder)),
  };
}

/** A file of a build context. */
export interface ContextFile {
  /** Relative to the context, with `/`. */
  path: string;
  kind: "file" | "executable" | "link";
}

/**
 * The files of the context `folder` (absolute) that its .dockerignore lets through, sorted by path. Of a
 * file's mode only the executable bit counts: the rest is the umask of whoever checked it out. Empty folders
 * don't count, as git doesn't keep them.
 */
export function contextFiles(folder: string): ContextFile[] {
  const ignoreFile = join(folder, ".dockerignore");
  const rules = ignoreRules(existsSync(ignoreFile) ? readFileSync(ignoreFile, "utf8") : "");
  const files: ContextFile[] = [];
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below ? `${below}/${entry.name}` : entry.name;
      if (entry.isDirectory()) {
        if (!rules.skips(path)) walk(path);
      } else if (!rules.ignores(path)) {
        if (entry.isSymbolicLink()) files.push({ path, kind: "link" });
        else if (entry.isFile()) {
          const executable = (lstatSync(join(folder, path)).mode & 0o100) !== 0;
          files.push({ path, kind: executable ? "executable" : "file" });
        }
      }
    }
  };
  walk("");
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * SHA-256 over the context's files (path, executable bit, bytes; a link's target) and over `inputs`, whatever
 * else decides what comes out of it (Dockerfile, target, platform, build args, bases).
 * @param folder absolute, or relative to the repo.
 * @param inputs by name; their order does not matter.
 * @returns the first 12 hex digits.
 */
export function sourceHash(folder: string, inputs: Readonly<Record<string, string>> = {}): string {
  const root = resolve(repoRoot, folder);
  const hash = createHash("sha256");
  // Lengths in front keep the end of one part apart from the start of the next.
  const add = (head: string, body: string | Uint8Array): void => {
    hash.update(`${head}\0${Buffer.byteLength(body)}\0`).update(body);
  };
  for (const { path, kind } of contextFiles(root)) {
    const file = join(root, path);
    add(`${kind}\0${path}`, kind === "link" ? readlinkSync(file) : readFileSync(file));
  }
  for (const name of Object.keys(inputs).sort()) add(`input\0${name}`, inputs[name] as string);
  return hash.digest("hex").slice(0, 12);
}
