/** Fetches official releases, checked by their published SHA-256. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Report, run } from "../run.ts";

/** How long a release host may take to begin its answer. Behind a closed firewall this is what a user waits. */
const patience = 5000;

/** Hosts that did not answer; a run asks each of them once. */
const silent = new Map<string, string>();

/** A download that can't be had; the message is for a person. */
export class DownloadError extends Error {}

/** GET with a limit on the wait for the answer's head, not on the transfer. */
async function get(url: string): Promise<Response> {
  const { host } = new URL(url);
  const known = silent.get(host);
  if (known) throw new DownloadError(known);
  const timer = new AbortController();
  const limit = setTimeout(() => timer.abort(), patience);
  try {
    const response = await fetch(url, { signal: timer.signal });
    if (!response.ok) throw new DownloadError(`${host} answered ${response.status} for ${url}`);
    return response;
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    const reason = `${host} can't be reached (${timer.signal.aborted ? "no answer" : (code ?? (error as Error).message)})`;
    silent.set(host, reason);
    throw new DownloadError(reason, { cause: error });
  } finally {
    clearTimeout(limit);
  }
}

/** Does the URL's host answer at all, whatever it says? Waits 5 s at most. */
export async function reachable(url: string): Promise<boolean> {
  try {
    await get(url);
  } catch {
    return !silent.has(new URL(url).host);
  }
  return true;
}

/** The sum for `file` in a text of sha256sum's format, or a text that is nothing but a sum. */
export function sumFor(text: string, file: string): string | undefined {
  const lines = text.trim().split(/\r?\n/);
  const only = /^[0-9a-f]{64}$/i.exec(text.trim());
  if (only) return only[0].toLowerCase();
  for (const line of lines) {
    const match = /^([0-9a-f]{64})\s+\*?(\S+)$/i.exec(line);
    if (match?.[1] && match[2] && basename(match[2]) === file) return match[1].toLowerCase();
  }
  return undefined;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

export interface Release {
  url: string;
  checksums: string;
  /** Path inside the archive to take: a program or a directory; absent: the download is the program. */
  member?: string;
}

/**
 * Fetches a release, checks it and puts the program (or directory) at `target`, in one move.
 * @throws DownloadError when it can't be had or its sum is wrong.
 */
export async function fetchRelease(
  release: Release,
  target: string,
  report: Report = () => {},
): Promise<void> {
  const name = basename(new URL(release.url).pathname);
  const sums = await (await get(release.checksums)).text();
  const wanted = sumFor(sums, name);
  if (!wanted) throw new DownloadError(`${release.checksums} has no SHA-256 of ${name}`);
  report(`downloading ${release.url}`);
  const response = await get(release.url);
  // On the target's file system, so that the last step is a rename.
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(join(dirname(target), "fetch-"));
  try {
    const file = join(work, name);
    try {
      await pipeline(Readable.fromWeb(response.body as never), createWriteStream(file));
    } catch (cause) {
      throw new DownloadError(`the download of ${name} broke off`, { cause });
    }
    const found = await sha256(file);
    if (found !== wanted) throw new DownloadError(`${name} has SHA-256 ${found}, published is ${wanted}`);
    let ready = file;
    if (release.member) {
      const unpacked = await run("tar", ["-xzf", file, "-C", work, release.member]);
      if (unpacked.failed) throw new DownloadError(`${name} can't be unpacked: ${unpacked.stderr}`);
      ready = join(work, release.member);
    } else {
      await chmod(file, 0o755);
    }
    await rm(target, { recursive: true, force: true });
    await rename(ready, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
