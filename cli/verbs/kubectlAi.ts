import { dirname, join } from "node:path";
import { Argument, Command, Option } from "commander";
import { execa } from "execa";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import {
  chooseModel,
  type Launch,
  launchArgs,
  launchEnvironment,
  mcpObstacle,
  mcpUrl,
  prepareHome,
} from "../../aiops/kubectl-ai/launch.ts";
import { readOnlyAccess } from "../../aiops/kubectl-ai/readOnlyAccess.ts";
import { stateDir } from "../../local/paths.ts";
import { lastLines, run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import { deployed } from "../deployed.ts";
import { type StackOptions, withStack } from "../options.ts";
import { exitCodes } from "../ui/exitCodes.ts";

const program = "kubectl-ai";

interface KubectlAiOptions extends StackOptions {
  provider?: string;
  model?: string;
  quiet?: boolean;
}

/** kubectl-ai with TaskFlow's configuration and tools, and an account that can only read. */
export function kubectlAi(): Command {
  return withStack(new Command("kubectl-ai"))
    .description("ask kubectl-ai, which must be installed, about TaskFlow; its account can only read")
    .addArgument(new Argument("[question]", "without one it asks for questions"))
    .addOption(new Option("--provider <name>", "the model's provider, as kubectl-ai calls it"))
    .addOption(new Option("--model <name>", "the model"))
    .option("-q, --quiet", "answer and end; without our MCP server, whose tools need a yes")
    .action(async (question: string | undefined, options: KubectlAiOptions) => {
      await requireProgram();
      const model = chooseModel(options, process.env);
      const { stack, access } = await deployed(options);
      const folder = join(stateDir, stack.name, "kubectl-ai");
      const kubeconfig = join(folder, "kubeconfig");
      await readOnlyAccess({ access, namespace: stack.config.namespace, file: kubeconfig });

      const quiet = options.quiet ?? false;
      const mcp = !quiet && (await mcpReady());
      const launch: Launch = { question, model, kubeconfig, home: join(folder, "home"), mcp, quiet };
      await prepareHome(launch.home);
      const kubectl = dirname((await tool("kubectl")).path);
      const { exitCode } = await execa(program, launchArgs(launch), {
        stdio: "inherit",
        reject: false,
        env: launchEnvironment(launch, process.env, [kubectl]),
        extendEnv: false,
      });
      // kubectl-ai has said itself what was wrong.
      if (exitCode) process.exitCode = exitCodes.failure;
    });
}

/** @throws TaskFlowError TF1810 where there is no kubectl-ai, or none that runs on this system. */
async function requireProgram(): Promise<void> {
  const shown = await run(program, ["version"], { timeout: 10_000 });
  if (!shown.failed) return;
  const absent = shown.exitCode === undefined;
  throw new TaskFlowError("TF1810", {
    what: absent ? `there is no ${program} on the PATH` : `${program} version ends with ${shown.exitCode}`,
    detail: absent ? [] : lastLines(shown.all, 3),
  });
}

/** Is our MCP server there? Says what is in the way: kubectl-ai works without it, by kubectl alone. */
async function mcpReady(): Promise<boolean> {
  const obstacle = await mcpObstacle(process.env.MCP_TASKFLOW_URL ?? mcpUrl, process.env.MCP_TASKFLOW_TOKEN);
  if (obstacle) console.error(`${obstacle}; going on with kubectl and local_diagnosis (docs/aiops.md)`);
  return obstacle === undefined;
}
