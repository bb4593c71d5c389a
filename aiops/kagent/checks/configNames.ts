/** Names of ConfigMaps and Secrets and of the keys in them. No value is ever looked at. */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { Snapshot } from "./types.ts";

const isSecret = (kind: string): boolean => kind.toLowerCase() === "secret";

/** Names of all Secrets or ConfigMaps; none where they were not read. */
export function namesOf({ around }: Snapshot, kind: string): string[] {
  const all = isSecret(kind) ? around.secrets : around.configMaps?.map(({ metadata }) => metadata ?? {});
  return (all ?? []).flatMap(({ name }) => name ?? []);
}

/**
 * Names of the keys of one Secret or ConfigMap. A Secret's come from its metadata: `managedFields` says who set which
 * key, not to what.
 */
export function keysOf({ around }: Snapshot, kind: string, name: string): string[] {
  if (isSecret(kind)) {
    const secret = around.secrets?.find((one) => one.name === name);
    return secret ? managedKeys(secret) : [];
  }
  const map = around.configMaps?.find(({ metadata }) => metadata?.name === name);
  return [...Object.keys(map?.data ?? {}), ...Object.keys(map?.binaryData ?? {})];
}

function managedKeys(secret: V1ObjectMeta): string[] {
  const fields = (secret.managedFields ?? []).map(({ fieldsV1 }) => dataFields(fieldsV1));
  return [...new Set(fields.flatMap((data) => Object.keys(data ?? {})))]
    .filter((field) => field.startsWith("f:"))
    .map((field) => field.slice("f:".length));
}

/** When a Secret's values were last written; undefined where its metadata do not say. */
export function writtenAt(secret: V1ObjectMeta): Date | undefined {
  const times = (secret.managedFields ?? [])
    .filter(({ fieldsV1, time }) => time && dataFields(fieldsV1))
    .map(({ time }) => new Date(time as Date).getTime());
  return times.length > 0 ? new Date(Math.max(...times)) : undefined;
}

/** `{"f:data": {"f:KEY": {}}}` -> `{"f:KEY": {}}` */
function dataFields(fields: unknown): object | undefined {
  const { "f:data": data, "f:stringData": text } = (fields ?? {}) as Record<string, object | undefined>;
  return data ?? text;
}
