/** A change and its exact inverse as JSON Patches (RFC 6902). */
import type { Raw } from "./objects.ts";
import type { PatchOp, Target } from "./types.ts";

/** One value to set, at a JSON pointer; `undefined` before means that the field is not there. */
export interface Edit {
  path: string;
  before: unknown;
  after: unknown;
}

/**
 * What must hold for a patch to be about the right thing, e.g. that container 1 is still the one of that name.
 * The API server refuses the patch where it does not.
 */
export interface Guard {
  path: string;
  value: unknown;
}

/**
 * The patch that makes the edits on the object as it was read, and on no other. A Deployment's resourceVersion changes
 * with its status, each time a pod becomes ready or not, so its generation is tested: the API server raises that with
 * each change of spec or annotations, and only then. A Service has no generation.
 */
export function forward(target: Target, edits: readonly Edit[], guards: readonly Guard[]): PatchOp[] {
  return [
    test("/metadata/uid", target.uid),
    target.generation === undefined
      ? test("/metadata/resourceVersion", target.resourceVersion)
      : test("/metadata/generation", target.generation),
    ...guards.map(({ path, value }) => test(path, value)),
    ...edits.map(({ path, before, after }) => step(path, before, after)),
  ];
}

/**
 * The patch back, which the API server refuses when one of the values is no longer what the change made of it.
 * `changed` is the object as the API server's dry run gave it, defaults filled in.
 */
export function inverse(
  target: Target,
  edits: readonly Edit[],
  guards: readonly Guard[],
  changed: Raw,
): PatchOp[] {
  return [
    test("/metadata/uid", target.uid),
    ...guards.map(({ path, value }) => test(path, value)),
    ...edits.map(({ path }) => test(path, valueAt(changed, path))),
    ...edits.map(({ path, before, after }) => step(path, after, before)).reverse(),
  ];
}

const test = (path: string, value: unknown): PatchOp => ({ op: "test", path, value });

function step(path: string, from: unknown, to: unknown): PatchOp {
  if (to === undefined) return { op: "remove", path };
  return { op: from === undefined ? "add" : "replace", path, value: to };
}

/** A JSON pointer of these keys. */
export const pointer = (...keys: (string | number)[]): string =>
  keys.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** The value that a JSON pointer leads to; undefined where there is none. */
export function valueAt(root: unknown, path: string): unknown {
  return path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>(
      (value, key) =>
        value !== null && typeof value === "object" ? (value as Record<string, unknown>)[key] : undefined,
      root,
    );
}

/** The edit that sets a field, making the objects on the way to it where they are missing. */
export function setField(root: Raw, keys: readonly (string | number)[], value: unknown): Edit {
  for (let depth = 1; depth < keys.length; depth++) {
    const path = pointer(...keys.slice(0, depth));
    if (valueAt(root, path) === undefined) {
      const after = keys.slice(depth).reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
      return { path, before: undefined, after };
    }
  }
  const path = pointer(...keys);
  return { path, before: valueAt(root, path), after: value };
}
