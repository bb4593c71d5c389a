/** One run at a time that changes a deployment: two would build, load and apply over each other. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import { alive } from "../local/alive.ts";
import { stateDir } from "../local/paths.ts";

const file = join(stateDir, "lock");

/** Runs `work` alone in this checkout. Throws TF1003 while another run is at it; the lock of a dead one is taken over. */
export async function exclusively<T>(verb: string, work: () => Promise<T>): Promise<T> {
  await mkdir(stateDir, { recursive: true });
  const entry = `${process.pid} ${verb}\n`;
  try {
    await writeFile(file, entry, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const [pid, running] = (await readFile(file, "utf8")).trim().split(" ");
    if (pid && Number(pid) !== process.pid && alive(Number(pid))) {
      throw new TaskFlowError("TF1003", {
        what: `npm run ${running} is under way in this checkout (process ${pid})`,
        values: { pid },
      });
    }
    await writeFile(file, entry);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
