/** Plans in a file that only its owner can read: what `npm run mend` shows in one run can be applied in the next. */
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../codes/index.ts";
import { locked } from "./fileLock.ts";
import type { PlanStore } from "./store.ts";
import type { Plan } from "./types.ts";

/** Its name in the folder that is given. */
export const planFile = "plans.json";

/** Bytes: a hundred plans, each with two pod templates, are far below. */
const maxBytes = 32 * 1024 * 1024;

/** @param folder absolute; made when it is missing. Every failure to read or write is a TF1722. */
export function fileStore(folder: string): PlanStore {
  const file = join(folder, planFile);
  const failed = (why: string, cause?: unknown) =>
    new TaskFlowError("TF1722", { what: `${planFile}: ${why}`, values: { file }, cause });
  return {
    async change(edit) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        return await locked(
          file,
          async () => {
            const plans = await read(file, failed);
            const result = edit(plans);
            await replace(file, JSON.stringify(plans));
            return result;
          },
          () => failed("another run holds it"),
        );
      } catch (error) {
        if (error instanceof TaskFlowError) throw error;
        throw failed(error instanceof Error ? error.message : String(error), error);
      }
    },
  };
}

async function read(file: string, failed: (why: string) => Error): Promise<Plan[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  if (text.length > maxBytes) throw failed("it is too large");
  let plans: unknown;
  try {
    plans = JSON.parse(text);
  } catch {
    throw failed("it is not JSON");
  }
  // Only the frame is looked at: whether a plan is whole is said by its hash when it is used.
  if (!Array.isArray(plans) || !plans.every((plan) => typeof plan?.id === "string")) {
    throw failed("it is not a list of plans");
  }
  return plans as Plan[];
}

/** Whole or not at all, also when the machine stops in the middle. */
async function replace(file: string, text: string): Promise<void> {
  const next = `${file}.new`;
  await writeFile(next, text, { mode: 0o600 });
  await chmod(next, 0o600);
  await rename(next, file);
}
