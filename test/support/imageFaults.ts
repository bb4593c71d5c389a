/** What an image must not have, told from its files. Each gives the paths that are wrong, sorted. */
import type { ImageFile, ImageLayer } from "./imageFiles.ts";

type Files = ReadonlyMap<string, ImageFile>;

const pathsOf = (files: Files, wrong: (file: ImageFile, path: string) => boolean): string[] =>
  [...files]
    .filter(([path, file]) => wrong(file, path))
    .map(([path]) => path)
    .sort();

/** Shells, package managers, and what an intruder would fetch and build more with. */
const unwanted = [
  /^(ba|da|a|z|k|c|tc|fi)?sh$/,
  /^(busybox|toybox)$/,
  /^(apt|apt-.+|dpkg|dpkg-.+|apk|rpm|yum|dnf|microdnf)$/,
  /^(npm|npx|corepack|yarn|yarnpkg|pnpm|pip[\d.]*|uv|uvx|ensurepip)$/,
  /^(perl[\d.]*|awk|gawk|mawk|sed|curl|wget|nc|ncat|netcat|socat|ssh|gcc|cc|make|ld)$/,
  /^(su|sudo|mount|umount|passwd|chsh|newgrp|openssl)$/,
];

const programFolders = /^(usr\/(local\/)?)?s?bin\/[^/]+$|\/\.bin\/[^/]+$|^app\/\.venv\/bin\/[^/]+$/;

/** Programs and links to them, by name, wherever PATH could lead. */
export const unwantedPrograms = (files: Files): string[] =>
  pathsOf(files, (file, path) => {
    const name = path.split("/").at(-1) as string;
    return file.type !== "directory" && programFolders.test(path) && unwanted.some((word) => word.test(name));
  });

/** Package managers as libraries: npm's or pip's own code, which scanners find most in. */
export const packageManagers = (files: Files): string[] =>
  pathsOf(files, (_file, path) =>
    /(^|\/)(node_modules\/(npm|corepack|yarn|pnpm)|site-packages\/(pip|setuptools|uv))\/[^/]+$/.test(path),
  );

export const setuid = (files: Files): string[] =>
  pathsOf(files, (file) => file.type === "file" && (file.mode & 0o6000) !== 0);

/** Files that are not root's, and of the app's and the system's folders those that are not. */
export const notRoots = (files: Files): string[] =>
  pathsOf(
    files,
    (file, path) =>
      (file.uid !== 0 || file.gid !== 0) &&
      (file.type !== "directory" || /^(app|bin|etc|lib|opt|sbin|usr)(\/|$)/.test(path)),
  );

/** What anybody may write, but for folders like /tmp, where nobody may remove another's files. */
export const worldWritable = (files: Files): string[] =>
  pathsOf(
    files,
    ({ type, mode }) =>
      type !== "symlink" && (mode & 0o002) !== 0 && !(type === "directory" && (mode & 0o1000) !== 0),
  );

/** What differs between two builds, file by file; nothing where their layers are the same. */
export function differences(first: readonly ImageLayer[], second: readonly ImageLayer[]): string[] {
  if (first.length !== second.length) return [`${first.length} layers and ${second.length} layers`];
  return first.flatMap((layer, index) => {
    const other = second[index] as ImageLayer;
    if (layer.digest === other.digest) return [];
    const paths = [...new Set([...layer.files.keys(), ...other.files.keys()])].sort();
    const lines = paths.flatMap((path) => {
      const [one, two] = [layer.files.get(path), other.files.get(path)];
      if (!one || !two) return [`${path}: only in the ${one ? "first" : "second"}`];
      const fields = (Object.keys(one) as (keyof ImageFile)[]).filter((field) => one[field] !== two[field]);
      return fields.length > 0
        ? [`${path}: ${fields.map((field) => `${field} ${one[field]} / ${two[field]}`).join(", ")}`]
        : [];
    });
    // The same entries in another order, or padded otherwise.
    return (lines.length > 0 ? lines : ["the same files, archived otherwise"]).map(
      (line) => `layer ${index + 1}: ${line}`,
    );
  });
}
