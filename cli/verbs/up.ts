import { Command } from "commander";
import { imageRef } from "../../components/chartValues.ts";
import { imageSpecs } from "../../components/imageBuild.ts";
import { outputs } from "../../components/outputs.ts";
import { preflight } from "../../local/doctor/index.ts";
import { preparation } from "../../local/prepare.ts";
import { waitForAnswer } from "../answer.ts";
import { chooseDeployer } from "../deployers/index.ts";
import { writeDeployment } from "../deployment.ts";
import { exclusively } from "../lock.ts";
import { type DeployOptions, withDeployer } from "../options.ts";
import { readStack } from "../stackFile.ts";
import { steps } from "../ui/steps.ts";

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
        const { steps: prepare, result } = preparation(stack.config);
        if (note) console.error(`${note}\n`);
        const target = () => ({ stack, prepared: result() });
        const shown = () => {
          const { bases, address, access } = result();
          const { frontend, backend } = imageSpecs({ version: stack.config.version, bases });
          const { registry } = stack.config;
          const images = { frontend: imageRef(frontend, registry), backend: imageRef(backend, registry) };
          return outputs(stack.config, images, address.frontendUrl, access);
        };
        const [first, ...others] = deployer.up(target);
        await steps(`TaskFlow: up (stack ${stack.name}, ${deployer.name})`, [
          {
            title: "Check this machine",
            run: (report) => preflight({ config: stack.config, yes: Boolean(options.yes), report }),
          },
          ...prepare,
          {
            ...first,
            // From here on there is something in the cluster that this deployer must take back.
            run: async (report, context) => {
              await writeDeployment(stack.name, {
                deployer: deployer.name,
                cluster: result().choice,
                mode: stack.config.deployMode,
              });
              return first.run(report, context);
            },
          },
          ...others,
          {
            title: "The app answers",
            skip: () =>
              result().address.frontendUrl ? undefined : "this cluster is reached by a port-forward",
            run: (_report, { signal }) => waitForAnswer(shown().frontendUrl, signal),
          },
        ]);
        if (options.json) console.log(JSON.stringify(shown(), null, 2));
        else {
          console.log(`\nTaskFlow is up: ${shown().frontendUrl}`);
          console.log("Next: npm run open | npm run status | npm run logs | npm run destroy");
        }
      });
    });
}
