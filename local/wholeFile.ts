import { rename, writeFile } from "node:fs/promises";

/** Writes a file whole or not at all: a run that is killed meanwhile leaves the one before. */
export async function writeWhole(file: string, text: string, mode = 0o666): Promise<void> {
  const partial = `${file}.${process.pid}`;
  await writeFile(partial, text, { mode });
  await rename(partial, file);
}
