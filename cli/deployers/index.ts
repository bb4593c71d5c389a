/** Chooses who applies the chart: asked for outright, the one that did it last time, Pulumi where it can be had, else Helm. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { stateDir } from "../../local/paths.ts";
import { pulumiCli } from "../../local/toolchain/index.ts";
import { helmDeployer } from "./helm.ts";
import { pulumiDeployer } from "./pulumi.ts";
import type { Deployer } from "./types.ts";

export type DeployerName = Deployer["name"];

/** Remembers whose objects are on the cluster; two owners would undo each other's changes. */
const ownerFile = (stack: string) => join(stateDir, stack, "deployer");

/** Who deployed this stack, until `destroy`. */
export async function owner(stack: string): Promise<DeployerName | undefined> {
  try {
    const name = (await readFile(ownerFile(stack), "utf8")).trim();
    return name === "pulumi" || name === "helm" ? name : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export async function setOwner(stack: string, name: DeployerName | undefined): Promise<void> {
  if (!name) return rm(ownerFile(stack), { force: true });
  await mkdir(join(stateDir, stack), { recursive: true });
  await writeFile(ownerFile(stack), `${name}\n`);
}

export interface Choice {
  deployer: Deployer;
  /** Why it is not the one that one would expect, for the person to read. */
  note?: string;
}

/** @throws TF1604 when another deployer owns the stack; TF1605 when Pulumi was asked for and can't be had. */
export async function chooseDeployer(stack: string, wanted: DeployerName | "auto"): Promise<Choice> {
  const current = await owner(stack);
  if (current && wanted !== "auto" && wanted !== current) {
    throw new TaskFlowError("TF1604", {
      what: `stack ${stack} was deployed with ${current}, now ${wanted} is asked for`,
      values: { current, wanted },
    });
  }
  const name = wanted === "auto" ? current : wanted;
  if (name === "helm") return { deployer: helmDeployer() };
  const cli = await pulumiCli();
  if (cli.available) return { deployer: pulumiDeployer(cli) };
  if (name === "pulumi") throw new TaskFlowError("TF1605", { what: cli.reason });
  return {
    deployer: helmDeployer(),
    note: `Pulumi can't be had here: ${cli.reason}. TaskFlow is deployed with Helm instead: the same images and the same chart values, but without Pulumi's state, preview and drift of each resource. \`npm run doctor\` says how to get Pulumi.`,
  };
}
