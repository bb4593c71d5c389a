/** The node image: built once on this machine, and named by what it is built from. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { ensureBase } from "../../baseImages/index.ts";
import { buildImage, docker, imageId } from "../../docker.ts";
import type { Report } from "../../run.ts";

const sources = join(import.meta.dirname, "node");
const repository = "taskflow-node";

/** Not in the image, so not in its name. */
const leftOut = /(_test\.go|\.md)$/;

/**
 * SHA-256 over the folder's files (path and bytes) and the base's ref, the first 12 hex digits.
 * @param base a ref that names its content: by digest, or by a tag made from it.
 */
export async function contentTag(folder: string, base: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !leftOut.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash("sha256").update(`${base}\0`);
  for (const file of files.sort()) {
    const content = await readFile(file);
    hash.update(`${relative(folder, file).split(sep).join("/")}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}

/**
 * The node image's ref; builds the image where the daemon lacks it (minutes the first time, as Kubernetes is
 * compiled; seconds later, from the builder's caches) and then removes old ones that no container uses.
 * @throws as `ensureBase` and `buildImage`.
 */
export async function ensureNodeImage(report: Report): Promise<string> {
  const base = await ensureBase("debian", report);
  const ref = `${repository}:${await contentTag(sources, base)}`;
  if (await imageId(ref)) return ref;
  report("building the node image; the first time compiles Kubernetes, which takes some minutes");
  await buildImage({ context: sources, target: "node", args: { DEBIAN_IMAGE: base }, tags: [ref], report });
  await removeOld(ref);
  return ref;
}

/**
 * Removes all but this image and the newest other one (another checkout's, or the one to go back to). Docker refuses
 * to remove an image that a container still uses: then it stays.
 */
async function removeOld(current: string): Promise<void> {
  const listed = await docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository]);
  const others = listed.stdout.split("\n").filter((ref) => ref && ref !== current);
  for (const ref of others.slice(1)) await docker(["image", "rm", ref]);
}
