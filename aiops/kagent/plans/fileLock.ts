/** One process at a time. */
import { rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds. */
const patience = 5_000;
const step = 25;

/**
 * Runs `work` while a file `<file>.lock` is there. A lock that a killed run left is not taken over: two that both take
 * it over would be worse than one that asks a person.
 * @param busy makes the error that is thrown when the lock is not free within five seconds.
 */
export async function locked<T>(file: string, work: () => Promise<T>, busy: () => Error): Promise<T> {
  const lock = `${file}.lock`;
  for (let waited = 0; ; waited += step) {
    try {
      await writeFile(lock, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (waited >= patience) throw busy();
      await sleep(step);
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}
