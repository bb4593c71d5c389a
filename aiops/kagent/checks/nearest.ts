import { distance } from "fastest-levenshtein";

/** The name that `wanted` is most likely a slip of; undefined where none is near. Case does not count. */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  const allowed = Math.max(1, Math.floor(wanted.length / 4));
  let best: { name: string; far: number } | undefined;
  for (const name of names) {
    const far = distance(wanted.toLowerCase(), name.toLowerCase());
    if (name !== wanted && far <= allowed && (!best || far < best.far)) best = { name, far };
  }
  return best?.name;
}

/** ` (did you mean "X"?)`, or nothing. */
export function didYouMean(wanted: string, names: Iterable<string>): string {
  const name = nearest(wanted, names);
  return name === undefined ? "" : ` (did you mean "${name}"?)`;
}
