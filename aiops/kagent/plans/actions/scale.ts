import { assertNoAutoscaler } from "../guards/autoscaler.ts";
import { assertWithinQuota, podNeeds } from "../guards/quota.ts";
import { setField } from "../jsonPatch.ts";
import { readObject } from "../objects.ts";
import type { ActionOf } from "./types.ts";

/** Sets the number of replicas. */
export const scale: ActionOf<"scale"> = async ({ deployment, replicas }, world) => {
  const object = await readObject(world.api, "Deployment", world.namespace, deployment, world.signal);
  await assertNoAutoscaler(world, deployment);
  const before = object.spec.replicas as number;
  await assertWithinQuota(world, podNeeds(object), replicas - before);
  return {
    kind: "Deployment",
    object,
    edits: [setField(object, ["spec", "replicas"], replicas)],
    guards: [],
    risk: replicas < before ? "medium" : "low",
  };
};
