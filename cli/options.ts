/** Options that several verbs share. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { clusterPattern } from "../components/stackConfig.ts";

export interface StackOptions {
  stack: string;
  cluster?: string | undefined;
}

export interface DeployOptions extends StackOptions {
  deployer: "auto" | "pulumi" | "helm";
  yes?: boolean;
}

export function withStack(command: Command): Command {
  return command
    .addOption(
      new Option("-s, --stack <name>", "stack: a file Pulumi.<name>.yaml")
        .default("dev")
        .env("TASKFLOW_STACK"),
    )
    .addOption(
      new Option(
        "-c, --cluster <kind>",
        "auto, embedded, minikube, kind, k3d, docker-desktop or context:NAME (default: what the stack says)",
      )
        .argParser(clusterOption)
        .env("TASKFLOW_CLUSTER"),
    );
}

export function withDeployer(command: Command): Command {
  return withStack(command)
    .addOption(
      new Option("-d, --deployer <name>", "who applies the chart")
        .choices(["auto", "pulumi", "helm"])
        .default("auto")
        .env("TASKFLOW_DEPLOYER"),
    )
    .option("-y, --yes", "answer yes to every question");
}

function clusterOption(value: string): string {
  if (!clusterPattern.test(value))
    throw new InvalidArgumentError(
      "It must be auto, embedded, minikube, kind, k3d, docker-desktop or context:NAME.",
    );
  return value;
}
