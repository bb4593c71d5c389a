import { asksCluster } from "./clusterDns.ts";
import { fact, finding } from "./finding.ts";
import { newestSet, rollback } from "./history.ts";
import { logLine, nameErrors } from "./network/complaints.ts";
import { references } from "./network/references.ts";
import type { Workload } from "./network/workloads.ts";
import type { Check, Evidence } from "./types.ts";

/**
 * F13: a workload's configuration names Services, but its pods ask the node's DNS, which does not know them: dnsPolicy
 * `Default`, or `ClusterFirst` on the node's network.
 */
export const dnsPolicy: Check = (snapshot) => {
  const { services } = snapshot.around;
  if (!services) return [];
  const names = new Set(services.map(({ metadata }) => metadata?.name));
  const named = new Map<Workload, Set<string>>();
  for (const { workload, address, target } of references(snapshot)) {
    // A single word that is no Service may be a host that only the node's DNS knows.
    if (!target.certain && !(target.namespace === snapshot.namespace && names.has(target.service))) continue;
    // Name servers of its own may know anything.
    if (asksCluster(workload.spec) || workload.spec.dnsConfig?.nameservers?.length) continue;
    named.set(workload, (named.get(workload) ?? new Set()).add(address.host));
  }
  return [...named].map(([workload, hosts]) => {
    const { ref, spec, deployment } = workload;
    const mode = spec.dnsPolicy ?? "ClusterFirst";
    const pods = new Set(workload.pods.map(({ metadata }) => metadata?.name));
    const logs = nameErrors(snapshot)
      .filter(({ log, host }) => pods.has(log.pod) && hosts.has(host))
      .map(({ log, line }): Evidence => logLine(log, line));
    const next = spec.hostNetwork ? "ClusterFirstWithHostNet" : "ClusterFirst";
    const patch = JSON.stringify({ spec: { template: { spec: { dnsPolicy: next } } } });
    return {
      ...finding("TF1527", {
        object: ref,
        what: `its configuration names ${[...hosts].join(", ")}, but its pods ask the node's DNS (dnsPolicy ${mode}${spec.hostNetwork ? " on the node's network" : ""}), which knows no Services.`,
        evidence: [fact("spec", ref, `dnsPolicy: ${mode}`), ...logs],
        fix: deployment
          ? [`kubectl --namespace ${ref.namespace} patch deployment ${ref.name} --patch '${patch}'`]
          : [],
        proposals: deployment ? rollback(snapshot, newestSet(snapshot, deployment), asksCluster) : [],
      }),
      blastRadius: [ref],
    };
  });
};
