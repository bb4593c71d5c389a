/** Chooses who applies the chart: asked for outright, the one that did it last time, Pulumi where it can be had, else Helm. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { pulumiCli } from "../../local/toolchain/index.ts";
import { type DeployerName, readDeployment, refuseSwitch } from "../deployment.ts";
import type { Stack } from "../stackFile.ts";
import { helmDeployer } from "./helm.ts";
import { pulumiDeployer } from "./pulumi.ts";
import type { Deployer } from "./types.ts";

export interface Choice {
  deployer: Deployer;
  /** Why it is not the one that one would expect, for the person to read. */
  note?: string;
}

/** @throws TF1604 when the stack is deployed otherwise; TF1605 when Pulumi was asked for and can't be had. */
export async function chooseDeployer(stack: Stack, wanted: DeployerName | "auto"): Promise<Choice> {
  const current = await readDeployment(stack.name);
  const asked = wanted === "auto" ? undefined : wanted;
  if (current) {
    const { cluster, deployMode: mode } = stack.config;
    refuseSwitch(stack.name, current, { deployer: asked, cluster, mode });
  }
  const name = asked ?? current?.deployer;
  if (name === "helm") return { deployer: helmDeployer() };
  const cli = await pulumiCli();
  if (cli.available) return { deployer: pulumiDeployer(cli) };
  if (name === "pulumi") throw new TaskFlowError("TF1605", { what: cli.reason });
  return {
    deployer: helmDeployer(),
    note: `Pulumi can't be had here: ${cli.reason}. TaskFlow is deployed with Helm instead: the same images and the same chart values, but without Pulumi's state, preview and drift of each resource. \`npm run doctor\` says how to get Pulumi.`,
  };
}
