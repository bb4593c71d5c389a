import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { approvalCode, approvalKey } from "../../aiops/kagent/plans/index.ts";
import { pageText, readPage } from "../../aiops/kagent/plans/page.ts";
import { stateDir } from "../../local/paths.ts";
import { askYesNo, canAsk } from "../ui/ask.ts";
import { interruptible } from "../ui/interrupt.ts";

interface ApproveOptions {
  plan: string;
  key: string;
  undo?: boolean;
}

/** The key that the MCP server of this checkout is given too (TASKFLOW_MCP_APPROVAL_KEY_FILE). */
export const approvalKeyFile = join(stateDir, "aiops", "approval.key");

/** For clients that cannot ask a person: prints the code that `apply_plan` or `undo_plan` wants. */
export function approve(): Command {
  return new Command("approve")
    .description("look at a plan of the MCP server and get the code that approves it")
    .requiredOption("--plan <file>", "the plan as get_plan gave it, JSON in a file")
    .option("--undo", "approve undoing it instead")
    .option("--key <file>", "the server's approval key", approvalKeyFile)
    .action(async ({ plan, key, undo }: ApproveOptions) => {
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
      const question = undo ? "Approve undoing this plan?" : "Approve this plan?";
      if (!(await interruptible((signal) => askYesNo(question, signal)))) {
        throw new TaskFlowError("TF1714", { what: view.id });
      }
      console.log(approvalCode(await approvalKey(key), undo ? "undo" : "apply", view.id, view.hash));
    });
}
