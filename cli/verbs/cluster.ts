import { Command } from "commander";
import { deployed } from "../deployed.ts";
import { exclusively } from "../lock.ts";
import { type StackOptions, withStack } from "../options.ts";
import { preparing } from "../preparing.ts";
import { readStack } from "../stackFile.ts";
import { steps } from "../ui/steps.ts";

/** The first half of `up`: what the quickstart's kubectl and helm commands need. */
export function cluster(): Command {
  return withStack(new Command("cluster"))
    .description("bring up only what TaskFlow is deployed on: base images, cluster, database")
    .option("--kubeconfig", "print the path of the running cluster's kubeconfig and end")
    .option("-y, --yes", "answer yes to every question")
    .action(async (options: StackOptions & { kubeconfig?: boolean; yes?: boolean }) => {
      if (options.kubeconfig) {
        console.log((await deployed(options)).access.kubeconfig);
        return;
      }
      const stack = await readStack(options);
      await exclusively("cluster", async () => {
        const { steps: prepare, result } = preparing(stack, options);
        await steps(`TaskFlow: cluster (stack ${stack.name})`, [...prepare]);
        console.log(`\nexport KUBECONFIG=${result().access.kubeconfig}`);
      });
    });
}
