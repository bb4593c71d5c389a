import { Command } from "commander";
import { answerStep } from "../answer.ts";
import { chooseDeployer } from "../deployers/index.ts";
import { currentTarget, shown } from "../deployers/target.ts";
import { writeDeployment } from "../deployment.ts";
import { recording } from "../deployments.ts";
import { exclusively } from "../lock.ts";
import { nodePortStep } from "../nodePort.ts";
import { type DeployOptions, withDeployer } from "../options.ts";
import { preparing } from "../preparing.ts";
import { deployments, isDamaged, recordFolder } from "../records.ts";
import { readStack } from "../stackFile.ts";
import { type Step, steps } from "../ui/steps.ts";

interface UpOptions extends DeployOptions {
  json?: boolean;
}

/** Brings TaskFlow up: checks, base images, cluster, database, images, release, rollout. Repeating it changes nothing. */
export function up(): Command {
  return withDeployer(new Command("up"))
    .description("bring TaskFlow up, or bring the running one up to date")
    .option("--json", "print the outputs as JSON on standard output")
    .action(async (options: UpOptions) => {
      const stack = await readStack(options);
      await exclusively("up", async () => {
        const { deployer, note } = await chooseDeployer(stack, options.deployer);
        const { steps: prepare, result } = preparing(stack, options);
        if (note) console.error(`${note}\n`);
        for (const { number, damaged } of (await deployments(stack.name)).filter(isDamaged)) {
          console.error(
            `Going on without the record of deployment ${number}, which is damaged (${damaged}); rm -r ${recordFolder(stack.name, number)} forgets it.`,
          );
        }
        const target = currentTarget(stack, result);
        const [first, ...others] = deployer.up(target);
        const deploy: [Step, ...Step[]] = [
          {
            ...first,
            // From here on there is something in the cluster that this deployer must take back.
            run: async (...args) => {
              await writeDeployment(stack.name, {
                deployer: deployer.name,
                cluster: result().choice,
                mode: stack.config.deployMode,
              });
              return first.run(...args);
            },
          },
          ...others,
        ];
        await steps(`TaskFlow: up (stack ${stack.name}, ${deployer.name})`, [
          ...prepare,
          nodePortStep(stack, result),
          ...recording(stack.name, () => target().release, deploy),
          answerStep(target),
        ]);
        if (options.json) console.log(JSON.stringify(shown(target()), null, 2));
        else {
          console.log(`\nTaskFlow is up: ${shown(target()).frontendUrl}`);
          console.log(
            "Next: npm run open | npm run status | npm run logs | npm run diagnose | npm run destroy",
          );
        }
      });
    });
}
