/** The last deployments of a stack, each with what it takes to return to it: images, values and a copy of the chart. */
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ChartValues } from "../components/chartValues.ts";
import { chartFolder, type ReleaseContent, recordFile } from "../components/releaseContent.ts";
import { sourceHash } from "../components/sourceHash.ts";
import { repoRoot, stateDir } from "../local/paths.ts";
import type { Step } from "./ui/steps.ts";

const image = z.object({ repository: z.string(), tag: z.string() });
const shape = z.object({
  /** 1, 2, ... in the order of their deployment. */
  number: z.int(),
  /** ISO 8601. */
  at: z.string(),
  /** Did its rollout complete? */
  complete: z.boolean(),
  images: z.object({ frontend: image, backend: image }),
  values: z.record(z.string(), z.unknown()),
  chartHash: z.string(),
});
export type Recorded = z.output<typeof shape>;

/** How many are kept; their images may be fewer (`taskflow:keepImages`). */
const kept = 10;

const folderOf = (stack: string) => join(stateDir, stack, "deployments");

const placeOf = (stack: string, number: number) => join(folderOf(stack), String(number).padStart(4, "0"));

/** Relative to the repo, so that no state tells where the checkout is. */
export const recordFolder = (stack: string, number: number): string =>
  relative(repoRoot, placeOf(stack, number));

/** Newest first. */
export async function deployments(stack: string): Promise<Recorded[]> {
  const names = await readdir(folderOf(stack)).catch(() => []);
  const texts = await Promise.all(
    names
      .filter((name) => /^\d{4,}$/.test(name))
      .map((name) => readFile(join(folderOf(stack), name, recordFile), "utf8")),
  );
  return texts.map((text) => shape.parse(JSON.parse(text))).sort((a, b) => b.number - a.number);
}

/** Notes a deployment that begins; the one before, where it is the same. @returns its number. */
async function begin(stack: string, { images, values, chart }: ReleaseContent): Promise<number> {
  const chartHash = sourceHash(chart);
  // As JSON has it: an undefined field is none.
  const plain = JSON.parse(JSON.stringify(values)) as ChartValues;
  const before = await deployments(stack);
  const [last] = before;
  if (last && last.chartHash === chartHash && isDeepStrictEqual(last.values, plain)) return last.number;
  const number = (last?.number ?? 0) + 1;
  const place = placeOf(stack, number);
  // Under its name only when it is whole.
  const unfinished = `${place}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await cp(join(repoRoot, chart), join(unfinished, chartFolder), { recursive: true });
  const recorded: Recorded = {
    number,
    at: new Date().toISOString(),
    complete: false,
    images,
    values: plain,
    chartHash,
  };
  await writeFile(join(unfinished, recordFile), `${JSON.stringify(recorded, null, 2)}\n`);
  await rename(unfinished, place);
  for (const old of before.slice(kept - 1)) {
    await rm(placeOf(stack, old.number), { recursive: true, force: true });
  }
  return number;
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
  const file = join(placeOf(stack, number), recordFile);
  const recorded = shape.parse(JSON.parse(await readFile(file, "utf8")));
  if (!recorded.complete)
    await writeFile(file, `${JSON.stringify({ ...recorded, complete: true }, null, 2)}\n`);
}

/** Forgets them all: what they describe is gone from the cluster. */
export const forgetDeployments = (stack: string): Promise<void> =>
  rm(folderOf(stack), { recursive: true, force: true });

/** The deployment to return to from the newest one: the last complete one before it. Pure; `all` comes newest first. */
export function previous(all: readonly Recorded[]): Recorded | undefined {
  return all.slice(1).find((one) => one.complete);
}
