/** Looks again and again, and tells only what changed. */
import type { Examination } from "../aiops/kagent/checks/examine.ts";
import type { Finding } from "../aiops/kagent/checks/types.ts";

export type Change =
  | { at: Date; change: "start"; diagnosis: Examination }
  | { at: Date; change: "new" | "gone"; finding: Finding }
  /** A look failed, or works again. */
  | { at: Date; change: "lost"; why: string }
  | { at: Date; change: "back" };

export interface WatchSource {
  look(signal: AbortSignal): Promise<Examination>;
  tell(change: Change): void;
  /** Why a look failed, for a person. */
  why(error: unknown): string;
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
  now?: () => Date;
}

/** Milliseconds between the end of one look and the next. */
const interval = 2_000;
/** A finding is gone when this many looks in a row do not show it: a crashing container is well for a moment, too. */
const looksWithout = 2;

interface Known {
  finding: Finding;
  /** Looks in a row that did not show it. */
  missed: number;
}

/**
 * Ends only when the signal aborts.
 * @throws what the first look throws (later ones are told and survived), and the signal's reason.
 */
export async function watchDiagnosis(source: WatchSource, signal: AbortSignal): Promise<never> {
  const now = source.now ?? (() => new Date());
  const first = await source.look(signal);
  source.tell({ at: now(), change: "start", diagnosis: first });
  const usualGaps = gaps(first);
  let known: Known[] = first.findings.map((finding) => ({ finding, missed: 0 }));
  let lost = false;
  for (;;) {
    await source.pause(interval, signal);
    signal.throwIfAborted();
    let seen: Examination;
    try {
      seen = await source.look(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!lost) source.tell({ at: now(), change: "lost", why: source.why(error) });
      lost = true;
      continue;
    }
    if (lost) source.tell({ at: now(), change: "back" });
    lost = false;
    // What could not be looked at this time is not gone.
    const blind = [...gaps(seen)].some((what) => !usualGaps.has(what));
    const next = changed(known, seen.findings, blind);
    for (const finding of next.added) source.tell({ at: now(), change: "new", finding });
    for (const finding of next.gone) source.tell({ at: now(), change: "gone", finding });
    known = next.known;
  }
}

/** One container's log comes and goes with its runs; a whole kind of object does not. */
const gaps = ({ notChecked }: Examination): Set<string> =>
  new Set(notChecked.map(({ what }) => what).filter((what) => !what.startsWith("log of ")));

/** What one more look changes. Pure. */
export function changed(
  known: readonly Known[],
  found: readonly Finding[],
  blind: boolean,
): { known: Known[]; added: Finding[]; gone: Finding[] } {
  const added = found.filter((finding) => !known.some((old) => same(old.finding, finding)));
  const gone: Finding[] = [];
  const kept = known.flatMap((old): Known[] => {
    const again = found.find((finding) => same(old.finding, finding));
    if (again) return [{ finding: again, missed: 0 }];
    const missed = blind ? old.missed : old.missed + 1;
    if (missed < looksWithout) return [{ ...old, missed }];
    gone.push(old.finding);
    return [];
  });
  return { known: [...kept, ...added.map((finding) => ({ finding, missed: 0 }))], added, gone };
}

/** The same fault of the same thing: which of several pods speaks for all may change from look to look. */
function same(a: Finding, b: Finding): boolean {
  if (a.code !== b.code) return false;
  const ids = ({ object, affected }: Finding) =>
    [object, ...affected].map(({ kind, name, container }) => `${kind}/${name}/${container ?? ""}`);
  const others = new Set(ids(b));
  return ids(a).some((id) => others.has(id));
}
