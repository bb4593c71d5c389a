import { revisionOf } from "../../checks/history.ts";
import { TaskFlowError } from "../../codes/index.ts";
import { listAll } from "../guards/lists.ts";
import { setField } from "../jsonPatch.ts";
import { type Raw, readObject } from "../objects.ts";
import type { ActionOf, World } from "./types.ts";

const templateHash = "pod-template-hash";

/** Gives the Deployment an earlier revision's pod template, as `kubectl rollout undo` does. */
export const rolloutUndo: ActionOf<"rolloutUndo"> = async ({ deployment, toRevision }, world) => {
  const object = await readObject(world.api, "Deployment", world.namespace, deployment, world.signal);
  const template = await templateOf(world, object, toRevision);
  return {
    kind: "Deployment",
    object,
    edits: [setField(object, ["spec", "template"], template)],
    guards: [],
    risk: "high",
  };
};

/** The template of a revision, or of the one before the current, without the label that the controller put in. */
async function templateOf(world: World, deployment: Raw, wanted: number | undefined): Promise<unknown> {
  const set = await readObject(
    world.api,
    "ReplicaSet",
    world.namespace,
    await replicaSetOf(world, deployment, wanted),
    world.signal,
  );
  const { metadata, ...rest } = set.spec.template as { metadata: { labels?: Record<string, string> } };
  const labels = Object.fromEntries(
    Object.entries(metadata.labels ?? {}).filter(([key]) => key !== templateHash),
  );
  return { metadata: { ...metadata, labels }, ...rest };
}

/** Name of the ReplicaSet that holds the revision. @throws TaskFlowError TF1716 where there is none. */
async function replicaSetOf(world: World, deployment: Raw, wanted: number | undefined): Promise<string> {
  const all = await listAll(world, "replica sets", (page, options) =>
    world.api.apps.listNamespacedReplicaSet(page, options),
  );
  const current = revisionOf(deployment);
  const names = new Map(
    all
      .filter((set) => set.metadata?.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid))
      .map((set): [number, string] => [revisionOf(set), set.metadata?.name ?? ""]),
  );
  names.delete(current);
  const numbers = [...names.keys()].sort((a, b) => a - b);
  const name = names.get(wanted ?? numbers.findLast((number) => number < current) ?? 0);
  if (name !== undefined) return name;
  throw new TaskFlowError("TF1716", {
    what: `Deployment ${deployment.metadata.name} is at revision ${current} and has no ${wanted ?? "earlier"} one to return to; there are: ${numbers.join(", ") || "none"}`,
    values: { namespace: world.namespace },
  });
}
