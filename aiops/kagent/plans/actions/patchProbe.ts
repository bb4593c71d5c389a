import { TaskFlowError } from "../../codes/index.ts";
import { setField } from "../jsonPatch.ts";
import { readObject } from "../objects.ts";
import { locate } from "./containers.ts";
import type { ActionOf } from "./types.ts";

interface Handlers {
  httpGet?: unknown;
  tcpSocket?: unknown;
  grpc?: unknown;
}

/** Points a probe at another port or path. It is never removed, and its kind stays. */
export const patchProbe: ActionOf<"patchProbe"> = async (proposal, world) => {
  const { deployment, probe, port, path } = proposal;
  const object = await readObject(world.api, "Deployment", world.namespace, deployment, world.signal);
  const { keys, container, guard } = locate(object, proposal.container);
  const there = (container[probe] ?? {}) as Handlers;
  const handler = (["httpGet", "tcpSocket", "grpc"] as const).find((kind) => there[kind] !== undefined);
  const unfit = (why: string) =>
    new TaskFlowError("TF1716", { what: `container ${container.name} of Deployment ${deployment} ${why}` });
  if (handler === undefined) throw unfit(`has no ${probe} that asks over the network`);
  if (path !== undefined && handler !== "httpGet") throw unfit(`has a ${probe} without a path (${handler})`);
  if (typeof port === "string") {
    const names = ((container.ports ?? []) as { name?: string }[]).map(({ name }) => name);
    if (handler === "grpc" || !names.includes(port)) throw unfit(`has no port named ${port}`);
  }
  const edit = (field: string, value: unknown) => setField(object, [...keys, probe, handler, field], value);
  const edits = [
    ...(port === undefined ? [] : [edit("port", port)]),
    ...(path === undefined ? [] : [edit("path", path)]),
  ];
  return { kind: "Deployment", object, edits, guards: [guard], risk: "medium" };
};
