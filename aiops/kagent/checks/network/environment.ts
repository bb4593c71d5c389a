/** The configuration that a workload's containers are given, as far as it can be read: Secrets never are. */
import type { V1ConfigMap, V1Container, V1EnvFromSource, V1EnvVar } from "@kubernetes/client-node";
import type { ObjectRef } from "../types.ts";
import type { Workload } from "./workloads.ts";

export interface Variable {
  name: string;
  /** Undefined where it comes from a Secret, from the pod's own fields, or from a ConfigMap that was not read. */
  value: string | undefined;
  /** Where the value is written: a ConfigMap, a Secret, or the workload's container itself. */
  from: ObjectRef;
  /** Its key there; for a container the variable's name. */
  key: string;
}

/** Variables of all containers, and the keys of mounted ConfigMaps; what a later entry overrides is left out. */
export function environment(workload: Workload, configMaps: ReadonlyMap<string, V1ConfigMap>): Variable[] {
  const { spec } = workload;
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return [
    ...containers.flatMap((container) => variablesOf(container, workload, configMaps)),
    ...mountedKeys(workload, configMaps),
  ];
}

function variablesOf(
  container: V1Container,
  { ref }: Workload,
  configMaps: ReadonlyMap<string, V1ConfigMap>,
): Variable[] {
  const { namespace } = ref;
  // As the kubelet does it: a later source wins over an earlier one, and `env` over `envFrom`.
  const variables = new Map<string, Variable>();
  for (const source of container.envFrom ?? []) {
    for (const one of keysOf(source, namespace, configMaps)) variables.set(one.name, one);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const here = { ...ref, container: container.name };
    variables.set(name, valueFrom ? referred(name, valueFrom, here, configMaps) : literal(name, value, here));
  }
  return [...variables.values()];
}

const literal = (name: string, value: string | undefined, from: ObjectRef): Variable => ({
  name,
  value: value ?? "",
  from,
  key: name,
});

function referred(
  name: string,
  { configMapKeyRef, secretKeyRef }: NonNullable<V1EnvVar["valueFrom"]>,
  here: ObjectRef,
  configMaps: ReadonlyMap<string, V1ConfigMap>,
): Variable {
  const { namespace } = here;
  if (configMapKeyRef) {
    const { name: map = "", key } = configMapKeyRef;
    const from = { kind: "ConfigMap", namespace, name: map };
    return { name, value: configMaps.get(map)?.data?.[key], from, key };
  }
  if (secretKeyRef) {
    const from = { kind: "Secret", namespace, name: secretKeyRef.name ?? "" };
    return { name, value: undefined, from, key: secretKeyRef.key };
  }
  return { name, value: undefined, from: here, key: name };
}

function keysOf(
  { configMapRef, prefix = "" }: V1EnvFromSource,
  namespace: string,
  configMaps: ReadonlyMap<string, V1ConfigMap>,
): Variable[] {
  if (!configMapRef?.name) return [];
  return dataOf(configMapRef.name, namespace, configMaps).map((one) => ({
    ...one,
    name: prefix + one.name,
  }));
}

function mountedKeys({ spec, ref }: Workload, configMaps: ReadonlyMap<string, V1ConfigMap>): Variable[] {
  const mounted = (spec.volumes ?? []).flatMap(({ configMap, projected }) => [
    configMap?.name,
    ...(projected?.sources ?? []).map((source) => source.configMap?.name),
  ]);
  return [...new Set(mounted)]
    .filter((name) => name !== undefined)
    .flatMap((name) => dataOf(name, ref.namespace, configMaps));
}

function dataOf(name: string, namespace: string, configMaps: ReadonlyMap<string, V1ConfigMap>): Variable[] {
  const from = { kind: "ConfigMap", namespace, name };
  return Object.entries(configMaps.get(name)?.data ?? {}).map(([key, value]) => ({
    name: key,
    value,
    from,
    key,
  }));
}

/**
 * The variables in which TaskFlow is told under which URL people open it. Browsers look that host up, pods don't.
 */
export const publicUrls: ReadonlySet<string> = new Set([
  "BETTER_AUTH_URL",
  "NEXT_PUBLIC_APP_URL",
  "FRONTEND_URL",
]);

/** Does the variable hold an address that cannot be read, by its name? */
export function hiddenAddress({ name, value, from }: Variable): boolean {
  return (
    value === undefined && from.kind === "Secret" && /(URL|URI|DSN|HOST|ADDR|ADDRESS|ENDPOINT)$/i.test(name)
  );
}
