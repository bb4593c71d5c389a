import { assertRolloutWithinQuota, assertWithinLimitRange } from "../guards/quota.ts";
import { pointer, setField, valueAt } from "../jsonPatch.ts";
import { readObject } from "../objects.ts";
import { locate } from "./containers.ts";
import type { ActionOf } from "./types.ts";

/** Sets a container's limits; its requests stay. */
export const patchLimits: ActionOf<"patchLimits"> = async ({ deployment, container, limits }, world) => {
  const object = await readObject(world.api, "Deployment", world.namespace, deployment, world.signal);
  const { keys, guard } = locate(object, container);
  const way = [...keys, "resources", "limits"];
  const wanted = Object.entries(limits).filter(([, value]) => value !== undefined);
  // Where there are no limits yet they come as one edit: the second could not find what the first makes.
  const edits =
    valueAt(object, pointer(...way)) === undefined
      ? [setField(object, way, Object.fromEntries(wanted))]
      : wanted.map(([resource, value]) => setField(object, [...way, resource], value));
  const after = structuredClone(object);
  const changed = locate(after, container).container as { resources?: { limits?: Record<string, string> } };
  changed.resources = {
    ...changed.resources,
    limits: { ...changed.resources?.limits, ...Object.fromEntries(wanted) },
  };
  await assertWithinLimitRange(world, locate(after, container).container, after);
  await assertRolloutWithinQuota(world, object, after);
  return { kind: "Deployment", object, edits, guards: [guard], risk: "medium" };
};
