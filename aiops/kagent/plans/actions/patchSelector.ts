import { hasAll, labelText } from "../../checks/network/labels.ts";
import { TaskFlowError } from "../../codes/index.ts";
import { listAll } from "../guards/lists.ts";
import { setField } from "../jsonPatch.ts";
import { readObject } from "../objects.ts";
import type { ActionOf } from "./types.ts";

/** Makes a Service choose other pods. Some Deployment of the namespace must make pods that it then chooses. */
export const patchSelector: ActionOf<"patchSelector"> = async ({ service, selector }, world) => {
  const object = await readObject(world.api, "Service", world.namespace, service, world.signal);
  if (object.spec.type === "ExternalName") {
    throw new TaskFlowError("TF1716", { what: `Service ${service} is an ExternalName and chooses no pods` });
  }
  const deployments = await listAll(world, "deployments", (page, options) =>
    world.api.apps.listNamespacedDeployment(page, options),
  );
  if (!deployments.some(({ spec }) => hasAll(spec?.template.metadata?.labels ?? {}, selector))) {
    throw new TaskFlowError("TF1716", {
      what: `no Deployment of namespace ${world.namespace} makes pods with ${labelText(selector)}, so Service ${service} would serve nothing`,
    });
  }
  return {
    kind: "Service",
    object,
    edits: [setField(object, ["spec", "selector"], selector)],
    guards: [],
    risk: "low",
  };
};
