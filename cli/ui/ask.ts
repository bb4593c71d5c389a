import { createInterface } from "node:readline/promises";

/** Is there a person at both ends of this process? */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** A question on the terminal. Only a plain yes is one; an end of input is a no. */
export async function askYesNo(question: string, signal?: AbortSignal): Promise<boolean> {
  // On stderr: standard output may be a file.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
    const answer = terminal.question(`${question} [y/N] `, signal ? { signal } : {});
    return /^\s*y(es)?\s*$/i.test(await Promise.race([answer, closed]));
  } finally {
    terminal.close();
  }
}
