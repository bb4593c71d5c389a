import { fact, finding } from "./finding.ts";
import { serviceName } from "./network/addresses.ts";
import { logLine, type NameError, nameErrors } from "./network/complaints.ts";
import { configMapsOf, needsNames } from "./network/references.ts";
import { readyEndpoints, wholly } from "./network/services.ts";
import { workloads } from "./network/workloads.ts";
import { dnsBlocks } from "./networkPolicy.ts";
import type { Check, Evidence, ObjectRef, Snapshot } from "./types.ts";

/**
 * F13: the cluster's DNS has no ready endpoint, so no name resolves; or a log says that a Service which is there does not
 * resolve. It lies outside the namespace, so nothing is proposed.
 */
export const clusterDns: Check = (snapshot) => {
  const slices = snapshot.around.clusterDns;
  const object: ObjectRef = { kind: "Service", namespace: "kube-system", name: "kube-dns" };
  // No slice at all means that this cluster's DNS has another name, not that it is down.
  const down = slices !== undefined && slices.length > 0 && readyEndpoints(slices) === 0;
  const errors = down ? nameErrors(snapshot) : unexplained(snapshot);
  if (!down && errors.length === 0) return [];
  const configMaps = configMapsOf(snapshot);
  const count = slices?.flatMap(({ endpoints }) => endpoints ?? []).length ?? 0;
  const hosts = [...new Set(errors.map(({ host }) => host))].join(", ");
  return [
    {
      ...finding("TF1526", {
        object,
        what: down
          ? "it has no ready endpoint, so no name of the cluster resolves. It is outside this namespace, where no plan changes anything."
          : `a log says that ${hosts} does not resolve, though the namespace has that Service.`,
        severity: down ? "error" : "warning",
        definite: down,
        evidence: [
          ...(down ? [fact("status", object, `${count} endpoint(s), 0 ready`)] : []),
          ...lines(errors),
        ],
      }),
      blastRadius: workloads(snapshot)
        .filter((workload) => needsNames(workload, configMaps))
        .map(({ ref }) => ref),
    },
  ];
};

const lines = (errors: readonly NameError[]): Evidence[] =>
  errors.slice(0, 4).map(({ log, line }) => logLine(log, line));

/** Complaints that no DNS server answers about a Service which is there, where no policy and no dnsPolicy explains them. */
function unexplained(snapshot: Snapshot): NameError[] {
  const { services = [], networkPolicies = [] } = snapshot.around;
  if (!wholly(snapshot, "services")) return [];
  const names = new Set(services.map(({ metadata }) => metadata?.name));
  const errors = nameErrors(snapshot).filter(({ host, silent }) => {
    const target = serviceName(host, snapshot.namespace);
    return silent && target?.namespace === snapshot.namespace && names.has(target.service);
  });
  if (errors.length === 0) return [];
  const blocked = dnsBlocks(snapshot, networkPolicies).flatMap(({ log }) => (log ? [log.ref] : []));
  const elsewhere = workloads(snapshot)
    .filter(({ spec }) => !asksCluster(spec))
    .flatMap(({ pods }) => pods.map(({ metadata }) => metadata?.name));
  return errors.filter(
    ({ log, line }) => !blocked.includes(logLine(log, line).ref) && !elsewhere.includes(log.pod),
  );
}

/** Do pods with this spec ask the cluster's DNS first? On the node's network `ClusterFirst` means the node's own DNS. */
export function asksCluster({
  dnsPolicy = "ClusterFirst",
  hostNetwork,
}: {
  dnsPolicy?: string;
  hostNetwork?: boolean;
}): boolean {
  return dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && !hostNetwork);
}
