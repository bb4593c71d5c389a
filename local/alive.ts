import { readFileSync } from "node:fs";

/** Is there a process of that number, anybody's, that has not ended? */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !ended(pid);
}

/** A process that has ended keeps its number until its parent asks for it; after `kill -9` nobody may, for a while. */
function ended(pid: number): boolean {
  try {
    // `PID (program) STATE ...`; the program's name may hold anything.
    const [state] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "";
    return state === "Z" || state === "X";
  } catch {
    return false;
  }
}
