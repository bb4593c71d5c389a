/** An image of the Docker daemon as an archive, and the digest of its configuration. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { dockerInfo, dockerOrFail } from "../docker.ts";
import { stateDir } from "../paths.ts";
import { run } from "../run.ts";
import type { LocalImage } from "./types.ts";

/** Saves the image to a file, hands over its path, and removes it whatever happens. */
export async function withArchive<T>(ref: string, use: (file: string) => Promise<T>): Promise<T> {
  const info = await dockerInfo();
  const dir = await mkdtemp(join(tmpdir(), "taskflow-image-"));
  const file = join(dir, "image.tar");
  try {
    // containerd's store keeps images of several platforms under one name; nodes refuse the incomplete ones.
    const platform = info.containerdImageStore ? ["--platform", `linux/${info.architecture}`] : [];
    await dockerOrFail(["image", "save", ...platform, "--output", file, ref], { what: `saving ${ref}` });
    return await use(file);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const cacheFile = () => join(stateDir, "image-config-ids.json");
const cacheShape = z.record(z.string(), z.string());

/**
 * The digest of the image's configuration, by which a node's runtime knows an image. It is the ID that Docker gives it,
 * unless Docker keeps its images in containerd's store and calls the digest of the manifest by that name. Then the
 * archive tells, once an image.
 */
export async function configId(image: LocalImage): Promise<string> {
  if (!(await dockerInfo()).containerdImageStore) return image.id;
  const known = await readFile(cacheFile(), "utf8").then(
    (text) => cacheShape.parse(JSON.parse(text)),
    () => ({}) as Record<string, string>,
  );
  const cached = known[image.id];
  if (cached) return cached;
  const id = await withArchive(image.ref, archivedConfigId);
  await writeFile(cacheFile(), JSON.stringify({ ...known, [image.id]: id }));
  return id;
}

/** `sha256:...` from the `manifest.json` of an archive that Docker made. */
async function archivedConfigId(file: string): Promise<string> {
  const listed = await run("tar", ["-xOf", file, "manifest.json"]);
  const [first] = JSON.parse(listed.stdout) as { Config: string }[];
  // `blobs/sha256/<hex>` or, from older daemons, `<hex>.json`.
  const hex = /[0-9a-f]{64}/.exec(first?.Config ?? "")?.[0];
  if (!hex) throw new Error(`${file} has no image configuration in its manifest.json`);
  return `sha256:${hex}`;
}
