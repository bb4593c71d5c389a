import { fact, finding } from "./finding.ts";
import { backendsOf, ingressRef } from "./ingress.ts";
import { addressIn } from "./network/addresses.ts";
import { environment, publicUrls, type Variable } from "./network/environment.ts";
import { hasAll } from "./network/labels.ts";
import { configMapsOf } from "./network/references.ts";
import { servicePods } from "./network/services.ts";
import { workloads } from "./network/workloads.ts";
import type { Check } from "./types.ts";

/**
 * F18: the host of an Ingress is not the one in the app's own URL. Pages are served, but sessions and the origin check
 * are for the other host, so nobody can sign in. Found where the variables stand in sight (not in a Secret).
 */
export const ingressHost: Check = (snapshot) => {
  const configMaps = configMapsOf(snapshot);
  const services = new Map(servicePods(snapshot).map((one) => [one.name, one]));
  const running = workloads(snapshot);
  return (snapshot.around.ingresses ?? []).flatMap((one) => {
    const hosts = new Map<string, Set<string>>();
    for (const { backend, host } of backendsOf(one)) {
      const service = backend.service?.name;
      // An empty host takes every one.
      if (service) hosts.set(service, (hosts.get(service) ?? new Set()).add(host?.toLowerCase() ?? "*"));
    }
    const wrong = [...hosts].flatMap(([service, served]) => {
      const selector = services.get(service)?.selector;
      const behind = running.filter(({ labels }) => selector && hasAll(labels, selector));
      return behind
        .flatMap((workload) => environment(workload, configMaps))
        .flatMap((variable) => mismatch(variable, served));
    });
    const [first] = wrong;
    if (!first) return [];
    const object = ingressRef(one);
    const variables = new Map(wrong.map(({ variable }) => [variable.key, variable]));
    return finding("TF1529", {
      object,
      what: `it serves ${first.served}, but ${[...variables.keys()].join(" and ")} of ${first.variable.from.kind} ${first.variable.from.name} is for ${first.host}: sign-in fails under the Ingress's host.`,
      severity: "warning",
      evidence: [
        fact("spec", object, `host: ${first.served}`),
        ...[...variables.values()].map(({ from, key, value }) => fact("spec", from, `${key}: ${value}`)),
      ],
      values: { host: first.served },
    });
  });
};

function mismatch(
  variable: Variable,
  served: ReadonlySet<string>,
): { variable: Variable; host: string; served: string }[] {
  if (!publicUrls.has(variable.name)) return [];
  const host = addressIn(variable.name, variable.value ?? "")?.host;
  if (host === undefined || [...served].some((one) => covers(one, host))) return [];
  return [{ variable, host, served: [...served].join(", ") }];
}

/** `*.example.com` stands for exactly one label more; a bare `*` for any host. */
function covers(served: string, host: string): boolean {
  if (served === "*" || served === host) return true;
  return served.startsWith("*.") && host.slice(host.indexOf(".")) === served.slice(1);
}
