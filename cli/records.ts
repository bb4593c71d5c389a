/** The records of a stack's deployments as they are on disk: whole ones, and damaged ones with what is wrong. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { z } from "zod";
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import { chartFolder, recordFile } from "../components/releaseContent.ts";
import { repoRoot, stateDir } from "../local/paths.ts";

const image = z.object({ repository: z.string(), tag: z.string() });
const shape = z.object({
  /** 1, 2, ... in the order of their deployment. */
  number: z.int(),
  /** ISO 8601. */
  at: z.string(),
  /** Did its rollout complete? */
  complete: z.boolean(),
  images: z.object({ frontend: image, backend: image, kagent: image.optional() }),
  values: z.record(z.string(), z.unknown()),
  chartHash: z.string(),
});
export type Recorded = z.output<typeof shape>;

/** A record that says nothing any more but its number. */
export interface Damaged {
  number: number;
  /** The file or folder and what is wrong with it. */
  damaged: string;
}
export type Listed = Recorded | Damaged;

export const isDamaged = (one: Listed): one is Damaged => "damaged" in one;

export const folderOf = (stack: string) => join(stateDir, stack, "deployments");

export const placeOf = (stack: string, number: number) =>
  join(folderOf(stack), String(number).padStart(4, "0"));

/** Relative to the repo, so that no state tells where the checkout is. */
export const recordFolder = (stack: string, number: number): string =>
  relative(repoRoot, placeOf(stack, number));

/** Newest first. @throws TF1610 where nobody can say which there are. */
export async function deployments(stack: string): Promise<Listed[]> {
  const names = await readdir(folderOf(stack)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw folderError(relative(repoRoot, folderOf(stack)), error);
  });
  const numbers = names.filter((name) => /^\d{4,}$/.test(name)).map(Number);
  const all = await Promise.all(numbers.map((number) => read(stack, number)));
  return all.sort((a, b) => b.number - a.number);
}

async function read(stack: string, number: number): Promise<Listed> {
  const folder = recordFolder(stack, number);
  const place = placeOf(stack, number);
  const damaged = (name: string, why: string): Damaged => ({
    number,
    damaged: `${join(folder, name)}: ${why}`,
  });
  let text: string;
  try {
    text = await readFile(join(place, recordFile), "utf8");
  } catch (error) {
    return damaged(recordFile, reason(error as NodeJS.ErrnoException));
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return damaged(recordFile, "not JSON");
  }
  const { data, error } = shape.safeParse(json);
  if (!data) {
    const [issue] = error.issues;
    return damaged(recordFile, `${issue?.path.join(".") || "all of it"}: ${issue?.message}`);
  }
  if (data.number !== number) return damaged(recordFile, `says it is deployment ${data.number}`);
  const chart = await stat(join(place, chartFolder)).catch((error: NodeJS.ErrnoException) => error);
  if (chart instanceof Error) return damaged(chartFolder, reason(chart));
  return data;
}

const reason = ({ code, message }: NodeJS.ErrnoException): string =>
  code === "ENOENT" ? "missing" : (code ?? message);

/** For who wants to return to one. */
export function damagedError(stack: string, { number, damaged }: Damaged): TaskFlowError {
  return new TaskFlowError("TF1610", {
    what: `the record of deployment ${number} of stack ${stack} is damaged: ${damaged}`,
    values: { stack, record: recordFolder(stack, number) },
  });
}

function folderError(folder: string, error: NodeJS.ErrnoException): TaskFlowError {
  const denied = error.code === "EACCES" || error.code === "EPERM";
  return new TaskFlowError("TF1610", {
    what: `${folder}, the folder of the recorded deployments, can't be read: ${error.code}`,
    fix: denied
      ? [`sudo chown -R "$(id -u)" ${folder}`]
      : [`ls -ld ${folder}`, "# no record can be saved; this forgets them:", `rm -r ${folder}`],
    cause: error,
  });
}
