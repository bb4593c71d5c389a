import { Command, InvalidArgumentError } from "commander";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { components } from "../../components/chartValues.ts";
import { recordedContent } from "../../components/releaseContent.ts";
import { chooseCluster } from "../../local/clusters/index.ts";
import { answerStep } from "../answer.ts";
import { chooseDeployer } from "../deployers/index.ts";
import { shown } from "../deployers/target.ts";
import type { Target } from "../deployers/types.ts";
import { readDeployment } from "../deployment.ts";
import { previous, recording } from "../deployments.ts";
import { exclusively } from "../lock.ts";
import { nodePortStep } from "../nodePort.ts";
import { type DeployOptions, withDeployer } from "../options.ts";
import { preparing } from "../preparing.ts";
import {
  damagedError,
  deployments,
  isDamaged,
  type Listed,
  type Recorded,
  recordFolder,
} from "../records.ts";
import { readStack } from "../stackFile.ts";
import { steps } from "../ui/steps.ts";

interface RollbackOptions extends DeployOptions {
  list?: boolean;
  to?: number;
  json?: boolean;
}

/** Returns to an earlier deployment: its images, its chart, its values. Secrets and the database stay as they are. */
export function rollback(): Command {
  return withDeployer(new Command("rollback"))
    .description("return to the deployment before this one: its images, chart and values")
    .option(
      "--to <number>",
      "the deployment to return to (default: the last complete one before)",
      wholeNumber,
    )
    .option("--list", "only list the deployments, newest first")
    .option("--json", "print the list, or the outputs, as JSON on standard output")
    .action(async (options: RollbackOptions) => {
      const all = await deployments(options.stack);
      if (options.list) return list(all, Boolean(options.json));
      const current = await readDeployment(options.stack);
      const stack = await readStack({ ...options, cluster: options.cluster ?? current?.cluster });
      const wanted = chosen(stack.name, all, options.to);
      const recorded = recordFolder(stack.name, wanted.number);
      await exclusively("rollback", async () => {
        const { deployer } = await chooseDeployer(stack, options.deployer);
        const { steps: prepare, result } = preparing(stack, options);
        const release = recordedContent(recorded, stack.config);
        const target = (): Target => ({ stack, prepared: result(), release, recorded });
        await steps(
          `TaskFlow: rollback to deployment ${wanted.number} (stack ${stack.name}, ${deployer.name})`,
          [
            ...prepare,
            nodePortStep(stack, result),
            {
              title: "Find its images",
              skip: () => (stack.config.registry ? "they are in the registry" : undefined),
              run: () => findImages(target(), wanted),
            },
            ...recording(stack.name, () => release, deployer.rollback(target)),
            answerStep(target),
          ],
        );
        if (options.json) console.log(JSON.stringify(shown(target()), null, 2));
        else {
          console.log(`\nTaskFlow is as deployment ${wanted.number} left it: ${shown(target()).frontendUrl}`);
          console.log("`npm run up` deploys this checkout again.");
        }
      });
    });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It must be a number that --list shows.");
  return Number(text);
}

function list(all: readonly Listed[], json: boolean): void {
  if (json) {
    console.log(JSON.stringify(all, null, 2));
    return;
  }
  if (all.length === 0) console.log("No deployment is recorded; `npm run up` makes one.");
  for (const one of all) {
    const tags = isDamaged(one)
      ? []
      : components.map((component) => `${component} ${one.images[component].tag}`);
    console.log(`${String(one.number).padStart(4)}  ${state(one)}  ${tags.join(", ")}`.trimEnd());
  }
}

const state = (one: Listed): string =>
  isDamaged(one) ? `damaged: ${one.damaged}` : `${one.at}  ${one.complete ? "complete  " : "incomplete"}`;

/** @throws TF1608 when there is none to return to, TF1610 when its record is damaged. */
function chosen(stack: string, all: readonly Listed[], to: number | undefined): Recorded {
  const found = to === undefined ? previous(all) : all.find(({ number }) => number === to);
  if (found && isDamaged(found)) throw damagedError(stack, found);
  if (found) return found;
  throw new TaskFlowError("TF1608", {
    what:
      to === undefined
        ? `stack ${stack} has no complete deployment before the last one`
        : `stack ${stack} has no record of a deployment ${to}`,
    detail: all.map((one) => `${one.number}  ${state(one)}`),
    values: { stack },
  });
}

/** @throws TF1609 when the node has not got them any more. */
async function findImages({ stack, prepared, release }: Target, { number }: Recorded): Promise<void> {
  const cluster = await chooseCluster(prepared.choice, stack.config);
  const missing: string[] = [];
  for (const { repository, tag } of Object.values(release.images)) {
    if (!(await cluster.listImages(repository)).includes(`${repository}:${tag}`))
      missing.push(`${repository}:${tag}`);
  }
  if (missing.length === 0) return;
  throw new TaskFlowError("TF1609", {
    what: `deployment ${number} ran ${missing.join(" and ")}, which the node no longer has`,
    values: { stack: stack.name },
  });
}
