import { rolloutError, watchRollout } from "../../aiops/kagent/checks/watchRollout.ts";
import { components } from "../../components/chartValues.ts";
import type { KubeAccess } from "../../local/clusters/types.ts";
import type { Report } from "../../local/run.ts";
import type { Stack } from "../stackFile.ts";
import type { Step } from "../ui/steps.ts";
import type { Target } from "./types.ts";

/** Milliseconds after which a rollout that shows no cause is given up. */
const timeout = 5 * 60_000;

/** Returns when both Deployments are rolled out; throws the cause (TF15xx and others) as soon as it is certain. */
export async function watchOrThrow(
  stack: Stack,
  access: KubeAccess,
  signal: AbortSignal,
  report: Report,
): Promise<void> {
  const { complete, findings } = await watchRollout({
    kubeconfig: access.kubeconfig,
    context: access.context,
    namespace: stack.config.namespace,
    deployments: components,
    timeout,
    signal,
    report,
  });
  if (!complete) throw rolloutError(findings);
}

/** The last step of both deployers' `up`. */
export function rolloutStep(target: () => Target): Step {
  return {
    title: "Rollout",
    run: async (report, { signal }) => {
      const { stack, prepared } = target();
      await watchOrThrow(stack, prepared.access, signal, report);
    },
  };
}
