import { Command } from "commander";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { chooseCluster } from "../../local/clusters/index.ts";
import { stopPostgres } from "../../local/postgres/index.ts";
import { chooseDeployer } from "../deployers/index.ts";
import { readDeployment, removeDeployment } from "../deployment.ts";
import { forgetDeployments } from "../deployments.ts";
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
      const current = await readDeployment(options.stack);
      const read = await readStack({ ...options, cluster: options.cluster ?? current?.cluster });
      // What was made is taken back as it was made, whatever the file says by now.
      const config = { ...read.config, ...(current?.mode ? { deployMode: current.mode } : {}) };
      const stack = { ...read, config };
      await exclusively("destroy", async () => {
        const deployer = current ? (await chooseDeployer(stack, options.deployer)).deployer : undefined;
        const cluster = await chooseCluster(stack.config.cluster, stack.config);
        const running = await cluster.running();
        const goes = !options.keepCluster && (cluster.kind === "embedded" || cluster.kind === "minikube");
        if (deployer && !running && !goes) {
          throw new TaskFlowError("TF1301", {
            what: `${cluster.kind} cluster ${cluster.name} does not answer, so what is deployed there stays`,
            fix: [
              "# start the cluster, or reach it again, then:",
              `npm run destroy -- --stack ${stack.name}`,
            ],
          });
        }
        const list: Step[] = [];
        if (deployer && running) {
          list.push({
            title: "Remove the deployment",
            run: async (report, { signal }) => {
              const prepared = { access: await cluster.kubeconfig() };
              await deployer.destroy({ stack, prepared }, report, signal);
              await removeDeployment(stack.name);
              await forgetDeployments(stack.name);
            },
          });
        }
        if (!options.keepCluster) {
          list.push({ title: "Remove the cluster", run: (report) => cluster.destroy(report) });
        }
        if (deployer && !running) {
          list.push({
            title: "Forget the deployment that went with the stopped cluster",
            run: async () => {
              await deployer.forget(stack);
              await removeDeployment(stack.name);
              await forgetDeployments(stack.name);
            },
          });
        }
        const { databaseUrl: ownDatabase } = stack.config.configured;
        list.push({
          title: "Stop the database",
          skip: () => (ownDatabase ? "the stack has one of its own" : undefined),
          run: async () => ((await stopPostgres()) ? "stopped" : "was not running"),
        });
        await steps(`TaskFlow: destroy (stack ${stack.name}${deployer ? `, ${deployer.name}` : ""})`, list);
        console.log("\nTaskFlow is gone; its data stays.");
        if (!ownDatabase) console.log("`npm run up` finds it again; `npm run clean -- --data` removes it.");
      });
    });
}
