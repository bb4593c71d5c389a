import { Command } from "commander";
import { chooseDeployer } from "../deployers/index.ts";
import { currentTarget } from "../deployers/target.ts";
import { exclusively } from "../lock.ts";
import { nodePortStep } from "../nodePort.ts";
import { type DeployOptions, withDeployer } from "../options.ts";
import { preparing } from "../preparing.ts";
import { readStack } from "../stackFile.ts";
import { steps } from "../ui/steps.ts";

/** What `preview` and `refresh` share: prepare, then ask the deployer for a text of differences. */
export function comparing(
  verb: "preview" | "refresh",
  description: string,
  method: "preview" | "drift",
  words: { same: string; step: string },
): Command {
  return withDeployer(new Command(verb))
    .description(description)
    .option("--json", 'print {"changed": boolean, "diff": string} on standard output')
    .action(async (options: DeployOptions & { json?: boolean }) => {
      const stack = await readStack(options);
      await exclusively(verb, async () => {
        const { deployer, note } = await chooseDeployer(stack, options.deployer);
        const { steps: prepare, result } = preparing(stack, options);
        if (note) console.error(`${note}\n`);
        let diff = "";
        await steps(`TaskFlow: ${verb} (stack ${stack.name}, ${deployer.name})`, [
          ...prepare,
          // Drift is what is there, not what could be.
          ...(verb === "preview" ? [nodePortStep(stack, result)] : []),
          {
            title: words.step,
            run: async (report, { signal }) => {
              diff = await deployer[method](currentTarget(stack, result)(), report, signal);
            },
          },
        ]);
        if (options.json) console.log(JSON.stringify({ changed: diff !== "", diff }, null, 2));
        else console.log(`\n${diff === "" ? words.same : diff}`);
      });
    });
}

export const preview = (): Command =>
  comparing("preview", "show what `up` would change, object by object", "preview", {
    step: "Compare with what is deployed",
    same: "No change: `up` would leave everything as it is.",
  });
