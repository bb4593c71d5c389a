/** How a plan gets a person's yes, and how that is checked. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Crockford's base 32: no letters that are taken for digits. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Wrong codes after which a plan is void: 60 bits can't be guessed in five tries. */
export const maxWrongCodes = 5;

/** Each takes an approval of its own: a code that was given for one is of no use for the other. */
export type ApprovedStep = "apply" | "undo";

/**
 * The approval code of a plan: proof that somebody who has the key has seen this very plan, e.g. `7K3M-Q0VX-2NRA`. The
 * key is the operator's and the server's; a model and its client have neither, and a code is of no use for another plan.
 */
export function approvalCode(key: Buffer, step: ApprovedStep, id: string, hash: string): string {
  const mac = createHmac("sha256", key).update(`taskflow plan\n${step}\n${id}\n${hash}`).digest();
  const letters = [...mac.subarray(0, 12)].map((byte) => alphabet[byte % 32]).join("");
  return letters.replace(/(.{4})(?=.)/g, "$1-");
}

/** Is it the plan's code? Small letters and other separators are taken as meant. */
export function isApprovalCode(
  key: Buffer,
  step: ApprovedStep,
  id: string,
  hash: string,
  given: string,
): boolean {
  const plain = (code: string) => Buffer.from(code.toUpperCase().replace(/[^0-9A-Z]/g, ""));
  const [wanted, got] = [plain(approvalCode(key, step, id, hash)), plain(given.slice(0, 64))];
  return wanted.length === got.length && timingSafeEqual(wanted, got);
}

const keyBytes = 32;

/** The key in a file, in base 64; undefined where there is no such file. @throws Error where it holds something else. */
export async function readApprovalKey(file: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return approvalKeyOf(text, file);
}

/** The key in base 64. @param from names its place. @throws Error where it is something else. */
export function approvalKeyOf(text: string, from: string): Buffer {
  const key = Buffer.from(text.trim(), "base64");
  if (key.length < keyBytes) throw new Error(`${from} holds no key of ${keyBytes} bytes in base 64`);
  return key;
}

/** The key in a file, made when it is not there; only its owner can read it. */
export async function approvalKey(file: string): Promise<Buffer> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${randomBytes(6).toString("hex")}`;
  await writeFile(fresh, `${randomBytes(keyBytes).toString("base64")}\n`, { flag: "wx", mode: 0o600 });
  try {
    // Of two runs at once one puts its key there, whole; the other takes that one.
    await link(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(fresh, { force: true });
  }
  const key = await readApprovalKey(file);
  if (!key) throw new Error(`${file} is gone`);
  return key;
}
