import { type Code, codes } from "./index.ts";
import { fillFix } from "./types.ts";

export interface ErrorFacts {
  /** What happened here, with the values: where, what was found, what was wanted. */
  what: string;
  /** The last lines of the log, event or output that shows it. */
  detail?: readonly string[];
  /** Values for the `{name}` slots of the code's fix lines. */
  values?: Readonly<Record<string, string>>;
  /** Fix lines known better here than in the registry (this OS's exact command); they replace the registry's. */
  fix?: readonly string[];
  cause?: unknown;
}

/** A failure that a person can act on: a stable code, what happened, and the command that mends it. */
export class TaskFlowError extends Error {
  readonly code: Code;
  readonly what: string;
  readonly detail: readonly string[];
  readonly fix: readonly string[];

  constructor(code: Code, facts: ErrorFacts) {
    super(
      `${code} ${codes[code].title}: ${facts.what}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.name = "TaskFlowError";
    this.code = code;
    this.what = facts.what;
    this.detail = facts.detail ?? [];
    this.fix = facts.fix ?? fillFix(codes[code].fix, facts.values);
  }
}
