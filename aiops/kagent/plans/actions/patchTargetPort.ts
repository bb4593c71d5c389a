import { TaskFlowError } from "../../codes/index.ts";
import { pointer, setField } from "../jsonPatch.ts";
import { readObject } from "../objects.ts";
import type { ActionOf } from "./types.ts";

/** Points one port of a Service at another port of its pods. */
export const patchTargetPort: ActionOf<"patchTargetPort"> = async (proposal, world) => {
  const { service, port, targetPort } = proposal;
  const object = await readObject(world.api, "Service", world.namespace, service, world.signal);
  const ports = (object.spec.ports ?? []) as { port: number; protocol?: string }[];
  const index = ports.findIndex((one) => one.port === port && (one.protocol ?? "TCP") === "TCP");
  if (index === -1) {
    throw new TaskFlowError("TF1716", {
      what: `Service ${service} has no TCP port ${port}; it has ${ports.map((one) => one.port).join(", ") || "none"}`,
    });
  }
  return {
    kind: "Service",
    object,
    edits: [setField(object, ["spec", "ports", index, "targetPort"], targetPort)],
    guards: [{ path: pointer("spec", "ports", index, "port"), value: port }],
    risk: "low",
  };
};
