import { Command } from "commander";
import { chooseCluster } from "../../local/clusters/index.ts";
import { stopPostgres } from "../../local/postgres/index.ts";
import { clusterChoice, preparation } from "../../local/prepare.ts";
import { chooseDeployer, owner, setOwner } from "../deployers/index.ts";
import { exclusively } from "../lock.ts";
import { type DeployOptions, withDeployer } from "../options.ts";
import { readStack } from "../stackFile.ts";
import { type Step, steps } from "../ui/steps.ts";

/** Removes the deployment and the cluster that `up` made. The database's data stays until `clean --data`. */
export function destroy(): Command {
  return withDeployer(new Command("destroy"))
    .description("remove the deployment and the cluster that `up` made (the database's data stays)")
    .option("--keep-cluster", "leave the cluster running")
    .action(async (options: DeployOptions & { keepCluster?: boolean }) => {
      if (options.cluster) process.env.TASKFLOW_CLUSTER = options.cluster;
      const stack = await readStack(options.stack);
      await exclusively("destroy", async () => {
        const { deployer } = await chooseDeployer(stack.name, options.deployer);
        const cluster = await chooseCluster(clusterChoice(stack.config), stack.config);
        const deployedBy = await owner(stack.name);
        const list: Step[] = [];
        if (deployedBy && (await cluster.running())) {
          const { steps: prepare, result } = preparation(stack.config);
          list.push(...prepare, {
            title: "Remove the deployment",
            run: async (report, { signal }) => {
              await deployer.destroy({ stack, prepared: result() }, report, signal);
              await setOwner(stack.name, undefined);
            },
          });
        } else if (deployedBy) {
          list.push({
            title: "Forget the deployment on the stopped cluster",
            run: () => deployer.forget(stack),
          });
        }
        if (!options.keepCluster)
          list.push({ title: "Remove the cluster", run: (report) => cluster.destroy(report) });
        list.push({
          title: "Stop the database",
          run: async () => ((await stopPostgres()) ? "stopped" : "was not running"),
        });
        await steps(`TaskFlow: destroy (stack ${stack.name}, ${deployer.name})`, list);
        console.log(
          "\nTaskFlow is gone; its data waits for the next `npm run up`. `npm run clean -- --data` removes it.",
        );
      });
    });
}
