import { mkdir, readdir, rm } from "node:fs/promises";
import { Command } from "commander";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { components } from "../../components/chartValues.ts";
import { docker, dockerOrFail } from "../../local/docker.ts";
import { cacheDir, stateDir } from "../../local/paths.ts";
import { removePostgresData, stopPostgres } from "../../local/postgres/index.ts";
import { readDeployment } from "../deployment.ts";
import { exclusively } from "../lock.ts";
import { stackNames } from "../stackFile.ts";
import { type Step, steps } from "../ui/steps.ts";

interface CleanOptions {
  data?: boolean;
  images?: boolean;
  tools?: boolean;
}

/** Frees what `up` left behind after a `destroy`. Without options: this checkout's state, but not the data. */
export function clean(): Command {
  return new Command("clean")
    .description("remove this checkout's state after `destroy`; the options remove more")
    .option("--data", "the database's data and credentials too")
    .option("--images", "the images that were built: the app's, their bases, the cluster node's")
    .option("--tools", "the downloaded and built tools, which other checkouts may share")
    .action(async (options: CleanOptions) => {
      await exclusively("clean", async () => {
        const stack = await deployedStack();
        if (stack) {
          throw new TaskFlowError("TF1004", { what: `stack ${stack} is still deployed`, values: { stack } });
        }
        const list: Step[] = [];
        if (options.data) {
          list.push({
            title: "Remove the database's data",
            run: async () => {
              await stopPostgres();
              await removePostgresData();
            },
          });
        }
        if (options.images) list.push({ title: "Remove the images", run: removeImages });
        list.push({ title: "Remove this checkout's state", run: () => removeState(Boolean(options.data)) });
        if (options.tools) {
          list.push({ title: "Remove the tools", run: () => rm(cacheDir, { recursive: true, force: true }) });
        }
        await steps("TaskFlow: clean", list);
      });
    });
}

/** The name of a stack that is deployed from this checkout, if there is one. */
async function deployedStack(): Promise<string | undefined> {
  for (const stack of await stackNames()) {
    if (await readDeployment(stack)) return stack;
  }
  return undefined;
}

async function removeImages(report: (line: string) => void): Promise<string> {
  const patterns = [
    ...components.map((component) => `todo-${component}`),
    "taskflow-base/*",
    "taskflow-node",
  ];
  const ids = new Set<string>();
  for (const pattern of patterns) {
    const listed = await dockerOrFail([
      "image",
      "ls",
      "--quiet",
      "--no-trunc",
      "--filter",
      `reference=${pattern}`,
    ]);
    for (const id of listed.stdout.split("\n").filter(Boolean)) ids.add(id);
  }
  for (const id of ids) {
    report(id);
    await docker(["image", "rm", "--force", id]);
  }
  return `${ids.size} images`;
}

/** Everything of .taskflow but the database's, unless that goes too. */
async function removeState(data: boolean): Promise<void> {
  for (const entry of await readdir(stateDir)) {
    if (entry === "lock" || (entry === "postgres" && !data)) continue;
    await rm(`${stateDir}/${entry}`, { recursive: true, force: true });
  }
  // A plain `pulumi up` wants the folder of its local state to be there.
  await mkdir(`${stateDir}/pulumi`);
}
