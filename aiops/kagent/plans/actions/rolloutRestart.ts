import { setField } from "../jsonPatch.ts";
import { readObject } from "../objects.ts";
import type { ActionOf } from "./types.ts";

/** Replaces every pod by a new one of the same kind, as `kubectl rollout restart` does: by an annotation of the template. */
export const rolloutRestart: ActionOf<"rolloutRestart"> = async ({ deployment }, world) => {
  const object = await readObject(world.api, "Deployment", world.namespace, deployment, world.signal);
  const annotation = ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"];
  return {
    kind: "Deployment",
    object,
    edits: [setField(object, annotation, world.at.toISOString())],
    guards: [],
    risk: "medium",
  };
};
