/**
 * The registry of codes: one entry for each thing that can go wrong, shared by the CLI's errors, the doctor
 * and the diagnosis. This package imports nothing from the rest of the repo, so the registry lives here.
 */
export interface CodeEntry {
  /** What this is, in a few words, without values. */
  title: string;
  /** Why it happens, one or two sentences. */
  cause: string;
  /** Commands or steps that mend it; `{name}` is replaced by a value of that name. */
  fix: readonly string[];
}
