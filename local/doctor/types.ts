/** What the doctor looks at and what it says. */
import type { Code } from "../../aiops/kagent/codes/index.ts";

export type Status = "ok" | "warn" | "fail";

/** One line of the report. */
export interface CheckResult {
  /** Stable name, e.g. `docker`, `disk`; what `only` and `--json` go by. */
  id: string;
  /** What was looked at, in a person's words. */
  title: string;
  /** `warn`: it works, but. `fail`: `up` or the tests cannot work. */
  status: Status;
  /** What was found, with numbers and names. */
  found: string;
  /** For `warn` and `fail`. */
  code?: Code;
  /** For `warn` and `fail`: lines that can be pasted into this system's shell; a step that is no command begins with `# `. */
  fix?: string[];
}
