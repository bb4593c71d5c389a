/** Passwords and port of this checkout's server: made once, kept in a file that only this user can read. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";

const shape = z.object({
  port: z.int().min(1).max(65535),
  superuserPassword: z.string().min(32),
  appPassword: z.string().min(32),
});

export type Credentials = z.infer<typeof shape>;

/** 192 random bits in characters that a URL takes as they are. */
export function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

/** The stored credentials; undefined where there are none, or the file is not one of ours. */
export async function readCredentials(file: string): Promise<Credentials | undefined> {
  try {
    return shape.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** Writes the file whole, mode 0600, its directory 0700. */
export async function writeCredentials(file: string, credentials: Credentials): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.${randomBytes(4).toString("hex")}`;
  await writeFile(partial, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await rename(partial, file);
}
