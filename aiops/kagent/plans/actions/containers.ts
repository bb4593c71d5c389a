/** Finds a container in a Deployment's template. */
import { TaskFlowError } from "../../codes/index.ts";
import { type Guard, pointer, valueAt } from "../jsonPatch.ts";
import type { Raw } from "../objects.ts";

export interface Located {
  /** Keys of the way to it. */
  keys: (string | number)[];
  container: { name: string; [field: string]: unknown };
  /** Holds the patch to this very container, whatever its index is by then. */
  guard: Guard;
}

/** @throws TaskFlowError TF1716 where the Deployment has no container of that name. */
export function locate(deployment: Raw, name: string): Located {
  for (const list of ["containers", "initContainers"]) {
    const path = ["spec", "template", "spec", list];
    const containers = (valueAt(deployment, pointer(...path)) ?? []) as Located["container"][];
    const index = containers.findIndex((container) => container.name === name);
    const container = containers[index];
    if (container) {
      const keys = [...path, index];
      return { keys, container, guard: { path: pointer(...keys, "name"), value: name } };
    }
  }
  throw new TaskFlowError("TF1716", {
    what: `Deployment ${deployment.metadata.name} has no container ${name}`,
  });
}
