/** Which name was probably meant. */

/**
 * Edits that make one word of the other: a character put in, left out, replaced, or two neighbours swapped, which is
 * the slip that people make most (`servcie`) and which plain Levenshtein counts twice.
 */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const now = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(
        (last[column] ?? 0) + 1,
        (now[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1] && !same;
      if (swapped) edits = Math.min(edits, (before[column - 2] ?? 0) + 1);
      now.push(edits);
    }
    [before, last] = [last, now];
  }
  return last[b.length] ?? 0;
}

/** Longest word compared: no Kubernetes name in a DNS label or a label's value is longer. */
const longest = 63;

/** Are two different names so alike that one is a slip for the other, or one with and one without `-service`? */
export function alike(a: string, b: string): boolean {
  return a !== b && (close(a.toLowerCase(), b.toLowerCase()) || close(stem(a), stem(b)));
}

/** Is at most every fourth character wrong? */
function close(a: string, b: string): boolean {
  const longer = Math.max(a.length, b.length);
  const allowed = Math.floor(longer / 4);
  return longer <= longest && Math.abs(a.length - b.length) <= allowed && distance(a, b) <= allowed;
}

const stem = (name: string): string => name.toLowerCase().replace(/-(service|svc)$/, "");

/** The candidate that is most like the word; undefined where none is alike, or two are equally so. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const ranked = [...new Set(candidates)]
    .filter((candidate) => alike(word, candidate))
    .map((candidate) => ({ candidate, edits: distance(word, candidate) }))
    .sort((a, b) => a.edits - b.edits);
  const [first, second] = ranked;
  return first && first.edits !== second?.edits ? first.candidate : undefined;
}

/** ` (did you mean "X"?)`, or nothing. */
export function didYouMean(wanted: string, names: Iterable<string>): string {
  const name = nearest(wanted, names);
  return name === undefined ? "" : ` (did you mean "${name}"?)`;
}
