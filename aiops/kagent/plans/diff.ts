/** What a change does to an object, field by field, as the API server's dry run shows it. */
import { cleanLine } from "../checks/text.ts";
import type { Difference } from "./types.ts";

/** Fields that the API server writes itself. */
const ignored =
  /^(status|metadata\.(resourceVersion|generation|managedFields|creationTimestamp|uid))(\.|\[|$)/;
/** Where passwords and keys may stand in clear. */
const hidden = /\.env\[[^\]]*\]\.value$/;
const maxDifferences = 200;

/** Differences between two objects; `undefined` before means that it is new. Values of the environment are not told. */
export function differences(before: unknown, after: unknown): Difference[] {
  const [old, fresh] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].filter(
    (path) => !ignored.test(path) && old.get(path) !== fresh.get(path),
  );
  const all = paths.map((path): Difference => {
    const value = (text: string | undefined) =>
      text !== undefined && hidden.test(path) ? "(hidden)" : text && cleanLine(text);
    const [was, is] = [value(old.get(path)), value(fresh.get(path))];
    return {
      path: cleanLine(path),
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    };
  });
  if (all.length <= maxDifferences) return all;
  return [
    ...all.slice(0, maxDifferences),
    { path: "(more)", after: `${all.length - maxDifferences} further fields` },
  ];
}

/** `spec.containers[backend].image` -> text. Items that have names go by them, so that a new one moves no other. */
function leaves(value: unknown, path = "", found = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) {
    const named = value.every((item) => typeof item?.name === "string");
    value.forEach((item, index) => {
      leaves(item, `${path}[${named ? item.name : index}]`, found);
    });
    if (value.length === 0) found.set(path, "[]");
  } else if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    for (const [key, inner] of entries) {
      const step = /^[\w-]+$/.test(key) ? `${path === "" ? "" : "."}${key}` : `[${key}]`;
      leaves(inner, path + step, found);
    }
    if (entries.length === 0 && path !== "") found.set(path, "{}");
  } else if (value !== undefined && value !== null) {
    found.set(path, String(value));
  }
  return found;
}

/** One line a field, for people: `~ spec.replicas: 0 -> 1`. */
export function diffLines(all: readonly Difference[]): string[] {
  return all.map(({ path, before, after }) => {
    if (before === undefined) return `+ ${path}: ${after}`;
    return after === undefined ? `- ${path}: ${before}` : `~ ${path}: ${before} -> ${after}`;
  });
}
