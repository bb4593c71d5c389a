import { preflight } from "../local/doctor/index.ts";
import { type Prepared, preparation } from "../local/prepare.ts";
import type { Stack } from "./stackFile.ts";
import type { Step } from "./ui/steps.ts";

/** The first steps of every verb that deploys or compares: the checks and the preparation. `result` is there after them. */
export function preparing(stack: Stack, options: { yes?: boolean }): { steps: Step[]; result(): Prepared } {
  const { steps, result } = preparation(stack.config);
  const check: Step = {
    title: "Check this machine",
    run: (report) => preflight({ config: stack.config, yes: Boolean(options.yes), report }),
  };
  return { steps: [check, ...steps], result };
}
