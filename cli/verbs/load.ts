import { Argument, Command } from "commander";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { imageId } from "../../local/docker.ts";
import { deployed } from "../deployed.ts";
import { type StackOptions, withStack } from "../options.ts";
import { steps } from "../ui/steps.ts";

/** `minikube image load` for every kind of cluster, and with a look afterwards whether the image is there. */
export function load(): Command {
  return withStack(new Command("load"))
    .description("move an image from Docker to the cluster's node and verify it there")
    .addArgument(new Argument("<image>", "e.g. todo-backend:local"))
    .action(async (ref: string, options: StackOptions) => {
      const { cluster } = await deployed(options);
      const id = await imageId(ref);
      if (!id) {
        throw new TaskFlowError("TF1203", {
          what: `Docker has no image ${ref}`,
          fix: ["docker image ls", `npm run load -- ${ref}`],
        });
      }
      await steps(`TaskFlow: load ${ref}`, [
        {
          title: `Load into ${cluster.kind} cluster ${cluster.name}`,
          run: (report) => cluster.loadImage({ ref, id }, report),
        },
      ]);
    });
}
