/** A layer of tests: one tool's run, counted. */
export interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed, a name and the first lines of why each, where the tool's report says so. */
  failures?: readonly string[];
}

export interface Layer {
  /** What `npm test -- NAME` goes by. */
  name: string;
  title: string;
  run(): Promise<Count>;
}

export const nothing: Count = { passed: 0, failed: 0, skipped: 0 };

export const add = (a: Count, b: Count): Count => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
  failures: [...(a.failures ?? []), ...(b.failures ?? [])],
});

export const closingLine = ({ passed, failed, skipped }: Count): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** A tool that only passes or fails, such as a linter, counts as one test. */
export const single = (ok: boolean): Count => (ok ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 });
