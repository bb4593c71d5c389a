/** The last deployments of a stack, each with what it takes to return to it: images, values and a copy of the chart. */
import { cp, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ChartValues } from "../components/chartValues.ts";
import { chartFolder, type ReleaseContent, recordFile } from "../components/releaseContent.ts";
import { sourceHash } from "../components/sourceHash.ts";
import { repoRoot } from "../local/paths.ts";
import { writeWhole } from "../local/wholeFile.ts";
import {
  damagedError,
  deployments,
  folderOf,
  isDamaged,
  type Listed,
  placeOf,
  type Recorded,
} from "./records.ts";
import type { Step } from "./ui/steps.ts";

/** How many are kept, damaged ones not counted; their images may be fewer (`taskflow:keepImages`). */
const kept = 10;

/** What is half made or half removed bears this, and no record's name. */
const unfinished = ".unfinished";

/** Notes a deployment that begins; the one before, where it is the same. @returns its number. */
async function begin(stack: string, { images, values, chart }: ReleaseContent): Promise<number> {
  const chartHash = sourceHash(chart);
  // As JSON has it: an undefined field is none.
  const plain = JSON.parse(JSON.stringify(values)) as ChartValues;
  const before = await deployments(stack);
  const [last] = before;
  const same =
    last &&
    !isDamaged(last) &&
    last.chartHash === chartHash &&
    isDeepStrictEqual(last.values, plain) &&
    isDeepStrictEqual(last.images, images);
  if (same) return last.number;
  // After a damaged one too: what it holds is its owner's to remove.
  const number = (last?.number ?? 0) + 1;
  const recorded: Recorded = {
    number,
    at: new Date().toISOString(),
    complete: false,
    images,
    values: plain,
    chartHash,
  };
  await mkdir(folderOf(stack), { recursive: true });
  await sweep(stack);
  const place = placeOf(stack, number);
  // Under its name only when it is whole.
  const half = `${place}${unfinished}`;
  await cp(join(repoRoot, chart), join(half, chartFolder), { recursive: true });
  await writeFile(join(half, recordFile), textOf(recorded));
  await rename(half, place);
  const whole = before.filter((one) => !isDamaged(one));
  for (const old of whole.slice(kept - 1)) await remove(placeOf(stack, old.number));
  return number;
}

const textOf = (recorded: Recorded): string => `${JSON.stringify(recorded, null, 2)}\n`;

/** Removes what runs left that were killed. */
async function sweep(stack: string): Promise<void> {
  const left = (await readdir(folderOf(stack))).filter((name) => name.endsWith(unfinished));
  for (const name of left) await rm(join(folderOf(stack), name), { recursive: true, force: true });
}

/** Out of its name first: killed half-way, it leaves no record of which a part is missing. */
async function remove(place: string): Promise<void> {
  const going = `${place}${unfinished}`;
  await rm(going, { recursive: true, force: true });
  await rename(place, going).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rm(going, { recursive: true, force: true });
}

/** The steps of a deployment, noted as begun before the first one and as complete after the last one. */
export function recording(
  stack: string,
  release: () => ReleaseContent,
  [first, ...others]: readonly [Step, ...Step[]],
): Step[] {
  let number = 0;
  const begun: Step = {
    ...first,
    run: async (...args) => {
      number = await begin(stack, release());
      return first.run(...args);
    },
  };
  const all = [begun, ...others];
  const last = all.pop() as Step;
  return [
    ...all,
    {
      ...last,
      run: async (...args) => {
        const result = await last.run(...args);
        await complete(stack, number);
        return result;
      },
    },
  ];
}

/** Notes that the rollout of a deployment is complete. */
async function complete(stack: string, number: number): Promise<void> {
  const recorded = (await deployments(stack)).find((one) => one.number === number);
  // Removed meanwhile, with the folder that it was in: nothing is left to note.
  if (!recorded) return;
  if (isDamaged(recorded)) throw damagedError(stack, recorded);
  if (!recorded.complete)
    await writeWhole(join(placeOf(stack, number), recordFile), textOf({ ...recorded, complete: true }));
}

/** Forgets them all: what they describe is gone from the cluster. */
export const forgetDeployments = (stack: string): Promise<void> => remove(folderOf(stack));

/**
 * The deployment to return to from the newest one: the last complete one before it. A damaged record on the way there
 * comes out itself: it may have been the one. Pure; `all` comes newest first.
 */
export function previous(all: readonly Listed[]): Listed | undefined {
  return all.slice(1).find((one) => isDamaged(one) || one.complete);
}
