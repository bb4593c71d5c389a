import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { approvalCode, approvalKey } from "../../aiops/kagent/plans/index.ts";
import { pageText, readPage } from "../../aiops/kagent/plans/page.ts";
import { approvalKeyFor, type FoundKey } from "../approvalKey.ts";
import { deployed } from "../deployed.ts";
import { type StackOptions, withStack } from "../options.ts";
import { readStack } from "../stackFile.ts";
import { askYesNo, canAsk } from "../ui/ask.ts";
import { interruptible } from "../ui/interrupt.ts";

interface ApproveOptions extends StackOptions {
  plan: string;
  key?: string;
  undo?: boolean;
}

/** For clients that cannot ask a person: prints the code that `apply_plan` or `undo_plan` wants. */
export function approve(): Command {
  return withStack(new Command("approve"))
    .description("look at a plan of the MCP server and get the code that approves it")
    .requiredOption("--plan <file>", "the plan as get_plan gave it, JSON in a file")
    .option("--undo", "approve undoing it instead")
    .option(
      "--key <file>",
      "the server's approval key (default: that of the stack's server, or this checkout's)",
    )
    .action(async (options: ApproveOptions) => {
      const { plan, undo } = options;
      const view = readPage(
        await readFile(plan, "utf8").catch((error: Error) => {
          throw new TaskFlowError("TF1703", {
            what: `${plan} cannot be read: ${error.message}`,
            cause: error,
          });
        }),
      );
      console.error(pageText(view));
      if (!undo && Date.parse(view.expiresAt) <= Date.now()) {
        throw new TaskFlowError("TF1702", { what: `${view.id} was good until ${view.expiresAt}` });
      }
      // A code may not come out of a script: what is to be proved is that a person has looked.
      if (!canAsk()) {
        throw new TaskFlowError("TF1713", {
          what: "there is no terminal to ask on",
          fix: [`npm run approve -- --plan ${plan}   # in a terminal`],
        });
      }
      const { key, from } = await keyFor(options);
      console.error(`The code is made with the key in: ${from}`);
      const question = undo ? "Approve undoing this plan?" : "Approve this plan?";
      if (!(await interruptible((signal) => askYesNo(question, signal)))) {
        throw new TaskFlowError("TF1714", { what: view.id });
      }
      console.log(approvalCode(key, undo ? "undo" : "apply", view.id, view.hash));
    });
}

async function keyFor(options: ApproveOptions): Promise<FoundKey> {
  if (options.key !== undefined) return { key: await approvalKey(options.key), from: options.key };
  const { config } = await readStack(options);
  return approvalKeyFor(config, async (args) => (await deployed(options)).kubectl(args));
}
