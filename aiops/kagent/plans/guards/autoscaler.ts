import { TaskFlowError } from "../../codes/index.ts";
import type { World } from "../actions/types.ts";
import { listAll } from "./lists.ts";

/**
 * An autoscaler would set the replicas again within seconds.
 * @throws TaskFlowError TF1712 where one owns them, TF1724 where that can't be seen.
 */
export async function assertNoAutoscaler(world: World, deployment: string): Promise<void> {
  const all = await listAll(world, "autoscalers", (page, options) =>
    world.api.autoscaling.listNamespacedHorizontalPodAutoscaler(page, options),
  );
  const owner = all.find(
    ({ spec }) => spec?.scaleTargetRef.kind === "Deployment" && spec.scaleTargetRef.name === deployment,
  );
  if (!owner) return;
  throw new TaskFlowError("TF1712", {
    what: `HorizontalPodAutoscaler ${owner.metadata?.name} sets the replicas of ${deployment}, between ${owner.spec?.minReplicas ?? 1} and ${owner.spec?.maxReplicas}`,
    values: { namespace: world.namespace, name: owner.metadata?.name ?? "" },
  });
}
