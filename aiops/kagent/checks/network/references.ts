/** Which workload's configuration names which Service. */
import type { V1ConfigMap } from "@kubernetes/client-node";
import { once } from "../pods.ts";
import type { Snapshot } from "../types.ts";
import { type Address, addressIn, type ServiceName, serviceName } from "./addresses.ts";
import { environment, hiddenAddress, publicUrls, type Variable } from "./environment.ts";
import { type Workload, workloads } from "./workloads.ts";

export interface Reference {
  workload: Workload;
  variable: Variable;
  address: Address;
  target: ServiceName;
}

/** Every address in a workload's configuration that is a name inside the cluster. */
export const references = once((snapshot): Reference[] => {
  const configMaps = configMapsOf(snapshot);
  return workloads(snapshot).flatMap((workload) => referencesOf(workload, configMaps, snapshot.namespace));
});

export function referencesOf(
  workload: Workload,
  configMaps: ReadonlyMap<string, V1ConfigMap>,
  namespace: string,
): Reference[] {
  return lookups(workload, configMaps).flatMap(({ variable, address }) => {
    const target = serviceName(address.host, namespace);
    return target ? [{ workload, variable, address, target }] : [];
  });
}

/** The hosts in the configuration that the pods themselves have to look up. */
function lookups(
  workload: Workload,
  configMaps: ReadonlyMap<string, V1ConfigMap>,
): Pick<Reference, "variable" | "address">[] {
  const known = ownNames(workload);
  return environment(workload, configMaps).flatMap((variable) => {
    const address = addressIn(variable.name, variable.value ?? "");
    const own = !address || address.host === "localhost" || known.has(address.host);
    return own || publicUrls.has(variable.name) ? [] : [{ variable, address }];
  });
}

/** Names that the pod knows without asking the DNS. */
function ownNames({ spec }: Workload): Set<string> {
  const aliases = (spec.hostAliases ?? []).flatMap(({ hostnames }) => hostnames ?? []);
  return new Set([...aliases, ...(spec.hostname ? [spec.hostname] : [])]);
}

export function configMapsOf(snapshot: Snapshot): Map<string, V1ConfigMap> {
  return new Map((snapshot.around.configMaps ?? []).map((map) => [map.metadata?.name ?? "", map]));
}

/** Does the workload have to ask the DNS at all, as far as its configuration tells? */
export function needsNames(workload: Workload, configMaps: ReadonlyMap<string, V1ConfigMap>): boolean {
  return lookups(workload, configMaps).length > 0 || environment(workload, configMaps).some(hiddenAddress);
}
