/** Names for what is made here, and making it from a folder of files. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buildImage, dockerOrFail, imageId } from "../docker.ts";
import { cacheDir } from "../paths.ts";
import type { Report } from "../run.ts";

/** Repository of a locally made base: honest about where it comes from. */
export const repository = (name: string): string => `taskflow-base/${name}`;

const recipeLabel = "dev.taskflow.base.recipe";

/** Twelve hex digits over any JSON-like value. */
export const shortHash = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);

/** Absolute path of one of the Dockerfiles beside this file. */
export const dockerfile = (name: string): string =>
  join(import.meta.dirname, "dockerfiles", `${name}.Dockerfile`);

/** Twelve hex digits over the bytes of these files: what an image made of them consists of. */
export async function hashOfFiles(...files: string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex").slice(0, 12);
}

/** A folder of our own on the cache's disk (/tmp can be memory), removed when `use` is done. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(cacheDir, { recursive: true });
  const folder = await mkdtemp(join(cacheDir, "base-image-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `taskflow-base/<name>:<hash of content>`; calls `make` with that ref where the daemon has no such image. */
export async function ensureMade(
  name: string,
  content: unknown,
  make: (ref: string) => Promise<void>,
): Promise<string> {
  const ref = `${repository(name)}:${shortHash(content)}`;
  if (!(await imageId(ref))) await make(ref);
  return ref;
}

/** Builds `ref` from files by name, one of them `Dockerfile`. */
export async function fromFiles(
  ref: string,
  files: Readonly<Record<string, string>>,
  report: Report,
): Promise<void> {
  await inTemporaryFolder(async (context) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(context, name)), { recursive: true });
      await writeFile(join(context, name), text);
    }
    await buildImage({ context, tags: [ref], report });
  });
}

/**
 * The newest base of this name made by this recipe, for bases whose content is only known once made (Debian's
 * packages move). @returns its ref, or undefined. @throws TaskFlowError TF1101.
 */
export async function madeBy(name: string, recipe: string): Promise<string | undefined> {
  const format = "{{.Repository}}:{{.Tag}}";
  const list = await dockerOrFail([
    "image",
    "ls",
    "--filter",
    `label=${recipeLabel}=${recipe}`,
    "--format",
    format,
    repository(name),
  ]);
  return list.stdout.split("\n").find((ref) => ref && !ref.endsWith(":<none>"));
}

/** Labels that `madeBy` finds an image by. */
export const recipeLabels = (recipe: string): Record<string, string> => ({ [recipeLabel]: recipe });
