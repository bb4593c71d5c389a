/** What is deployed from this checkout: by whom, where and how. Kept from `up` to `destroy`. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import { stateDir } from "../local/paths.ts";
import { writeWhole } from "../local/wholeFile.ts";

const shape = z.object({
  deployer: z.enum(["pulumi", "helm"]),
  /** The cluster as `taskflow:cluster` names it outright; unknown where a plain `pulumi up` made the deployment. */
  cluster: z.string().optional(),
  /** `taskflow:deployMode`; Helm has but one. */
  mode: z.enum(["chart", "release"]).optional(),
});
export type Deployment = z.output<typeof shape>;
export type DeployerName = Deployment["deployer"];

const fileOf = (stack: string) => join(stateDir, stack, "deployment.json");

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The deployment of a stack; undefined when there is none. */
export async function readDeployment(stack: string): Promise<Deployment | undefined> {
  const text = await textOf(fileOf(stack));
  if (text !== undefined) return shape.parse(JSON.parse(text));
  return (await pulumiHasResources(stack)) ? { deployer: "pulumi" } : undefined;
}

/** A plain `pulumi up` leaves no note, but its state in this checkout's own backend. */
async function pulumiHasResources(stack: string): Promise<boolean> {
  const text = await textOf(join(stateDir, "pulumi", ".pulumi", "stacks", "taskflow", `${stack}.json`));
  const resources = text === undefined ? [] : (JSON.parse(text).checkpoint?.latest?.resources ?? []);
  return resources.some(({ type }: { type: string }) => type !== "pulumi:pulumi:Stack");
}

export async function writeDeployment(stack: string, deployment: Deployment): Promise<void> {
  await mkdir(join(stateDir, stack), { recursive: true });
  await writeWhole(fileOf(stack), `${JSON.stringify(deployment, null, 2)}\n`);
}

export const removeDeployment = (stack: string): Promise<void> => rm(fileOf(stack), { force: true });

/**
 * Two owners of the same objects would undo each other's changes, and what is left on another cluster nobody removes.
 * @throws TF1604 where a stack is deployed otherwise than now asked for; undefined and `auto` ask for nothing.
 */
export function refuseSwitch(
  stack: string,
  current: Deployment,
  wanted: { deployer?: DeployerName | undefined; cluster: string; mode: "chart" | "release" },
): void {
  const differences = [
    wanted.deployer && wanted.deployer !== current.deployer
      ? ["deployer", current.deployer, wanted.deployer]
      : undefined,
    current.cluster && wanted.cluster !== "auto" && wanted.cluster !== current.cluster
      ? ["cluster", current.cluster, wanted.cluster]
      : undefined,
    current.deployer === "pulumi" && current.mode && wanted.mode !== current.mode
      ? ["deployMode", current.mode, wanted.mode]
      : undefined,
  ].filter((difference) => difference !== undefined);
  if (differences.length === 0) return;
  const told = differences
    .map(([what, has, wants]) => `${what} ${has}, now ${wants} is asked for`)
    .join("; ");
  throw new TaskFlowError("TF1604", { what: `stack ${stack} is deployed with ${told}`, values: { stack } });
}
