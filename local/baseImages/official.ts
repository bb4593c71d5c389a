/** Can an official image be had on this machine? Asked once, and not again for some hours where it can't. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { daemonError, daemonProblem, diskFull, failureOf } from "../docker/failures.ts";
import { docker, imageId } from "../docker.ts";
import { cacheDir } from "../paths.ts";
import { lastLines, type Report } from "../run.ts";

/** A registry must name the image's content within this time (milliseconds); the download may take longer. */
const answerWithin = 10_000;
const askAgainAfterHours = 6;
const memory = join(cacheDir, "image-registries.json");

/** By registry host: when it failed (ISO 8601) and why. */
type Failures = Record<string, { at: string; why: string }>;

/** `docker.io` of `docker.io/library/debian:...`. */
export const registryOf = (ref: string): string => ref.split("/")[0] as string;

async function failures(): Promise<Failures> {
  try {
    return JSON.parse(await readFile(memory, "utf8")) as Failures;
  } catch {
    return {};
  }
}

/** A failure still worth remembering at `now`. */
export function remembered(
  all: Failures,
  registry: string,
  now: Date,
): { at: string; why: string } | undefined {
  const failure = all[registry];
  if (!failure) return undefined;
  const hours = (now.getTime() - Date.parse(failure.at)) / 3_600_000;
  return hours >= 0 && hours < askAgainAfterHours ? failure : undefined;
}

/** Pulls; gives up where nothing is heard within `answerWithin`. @returns why it failed, undefined when it did not. */
async function pull(ref: string, report: Report): Promise<string | undefined> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), answerWithin);
  const result = await docker(["pull", ref], {
    cancelSignal: patience.signal,
    report: (line) => {
      clearTimeout(timer);
      report(line);
    },
  });
  clearTimeout(timer);
  if (!result.failed) return undefined;
  if (patience.signal.aborted) return `no answer within ${answerWithin / 1000} s`;
  const problem = daemonProblem(result.all);
  if (problem) throw daemonError(problem, result.all);
  if (diskFull(result.all)) throw await failureOf(result.all);
  return lastLines(result.all, 1)[0] ?? "docker pull failed";
}

/**
 * Makes sure that the local daemon has `ref` (with digest), by pulling it where it must.
 * @param options.again asks the registry even where it failed a short while ago.
 * @returns undefined when it is there, otherwise why it can't be had.
 * @throws TaskFlowError TF1101, TF1103.
 */
export async function obtain(
  ref: string,
  report: Report,
  options: { again?: boolean } = {},
): Promise<string | undefined> {
  if (await imageId(ref)) return undefined;
  const registry = registryOf(ref);
  const before = options.again ? undefined : remembered(await failures(), registry, new Date());
  if (before) return `${before.why} (at ${before.at}; asked again after ${askAgainAfterHours} h)`;
  report(`pulling ${ref}`);
  const why = await pull(ref, report);
  noted = noted.then(() => note(registry, why));
  await noted;
  return why;
}

/** Notes go to one file, one after the other, as several pulls may end at once. */
let noted: Promise<void> = Promise.resolve();

async function note(registry: string, why: string | undefined): Promise<void> {
  const all = await failures();
  if (why) all[registry] = { at: new Date().toISOString(), why };
  else delete all[registry];
  await mkdir(cacheDir, { recursive: true });
  await writeFile(memory, `${JSON.stringify(all, null, 2)}\n`);
}
