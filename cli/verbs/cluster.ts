import { Command } from "commander";
import { preflight } from "../../local/doctor/index.ts";
import { preparation } from "../../local/prepare.ts";
import { deployed } from "../deployed.ts";
import { exclusively } from "../lock.ts";
import { type StackOptions, withStack } from "../options.ts";
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
        const { steps: prepare, result } = preparation(stack.config);
        await steps(`TaskFlow: cluster (stack ${stack.name})`, [
          {
            title: "Check this machine",
            run: (report) => preflight({ config: stack.config, yes: Boolean(options.yes), report }),
          },
          ...prepare,
        ]);
        console.log(`\nexport KUBECONFIG=${result().access.kubeconfig}`);
      });
    });
}
