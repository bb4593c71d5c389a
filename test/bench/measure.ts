import type { Report } from "../../local/run.ts";

export interface Row {
  /** Name of the bench that repeats it. */
  bench: string;
  what: string;
  /** Median with the spread, and its unit. */
  measured: string;
  runs: number;
  goal?: string;
}

export type Bench = (report: Report) => Promise<Row[]>;

/** Wall-clock seconds of each of `runs` runs; `before` is not timed. */
export async function timed(
  runs: number,
  work: () => Promise<unknown>,
  before: () => Promise<unknown> = async () => {},
): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < runs; i++) {
    await before();
    const started = performance.now();
    await work();
    seconds.push((performance.now() - started) / 1000);
  }
  return seconds;
}

/** `1.23 s (1.10-1.40)`: median, minimum, maximum. */
export function spread(values: number[], unit = "s", digits = 2): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => (sorted[index] as number).toFixed(digits);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1
      ? (sorted[middle] as number)
      : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
  return sorted.length === 1
    ? `${at(0)} ${unit}`
    : `${median.toFixed(digits)} ${unit} (${at(0)}-${at(sorted.length - 1)})`;
}
