/** What is around the pods: autoscalers, policies, nodes, volumes, configuration, quotas. */
import type { Answer, Answerer, Fact } from "../answer.ts";
import { count, listed, said, type View } from "../view.ts";
import { roots, spoken } from "./health.ts";

/** A finding on the subject speaks first; `otherwise` says what there is. */
function about(view: View, words: RegExp, gaps: RegExp, otherwise: string, facts: Fact[]): Answer {
  const findings = view.findingsAbout(words);
  const [first] = roots(findings);
  return {
    summary: first ? spoken(first, roots(findings).length - 1) : otherwise,
    facts,
    findings,
    notChecked: view.gaps(gaps),
  };
}

const unread = (what: string): string => `${what} could not be read.`;

export const autoscaling: Answerer = (view) => {
  const all = view.snapshot.around.autoscalers;
  const own = all?.filter(
    ({ spec }) =>
      view.component === undefined ||
      view.deployments.some(({ metadata }) => metadata?.name === spec?.scaleTargetRef.name),
  );
  const facts = (own ?? []).map(({ metadata, spec, status }) => {
    const condition = status?.conditions?.find(
      ({ type, status: state }) => type !== "ScalingLimited" && state === "False",
    );
    return said(
      "status",
      { kind: "HorizontalPodAutoscaler", name: metadata?.name ?? "" },
      `${metadata?.name}: ${status?.currentReplicas ?? 0} replica(s) now, ${status?.desiredReplicas ?? 0} wanted, between ${spec?.minReplicas ?? 1} and ${spec?.maxReplicas}${condition ? `; ${condition.type} is false: ${condition.message ?? condition.reason}` : ""}`,
    );
  });
  const otherwise =
    own === undefined
      ? unread("Autoscalers")
      : own.length === 0
        ? `${view.about} has no autoscaler: replicas stay as configured.`
        : `${count(own.length, "autoscaler")}: ${listed(facts.map(({ text }) => text))}.`;
  return about(view, /autoscal|\bhpa\b/i, /autoscalers|metrics/, otherwise, facts);
};

export const network: Answerer = (view) => {
  const { networkPolicies, ingresses, clusterDns } = view.snapshot.around;
  const dns = clusterDns
    ?.flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false);
  const names = (list: readonly { metadata?: { name?: string } }[]) =>
    listed(list.map(({ metadata }) => metadata?.name ?? ""));
  const parts = [
    networkPolicies &&
      `${count(networkPolicies.length, "network policy", "network policies")}${networkPolicies.length > 0 ? ` (${names(networkPolicies)})` : ""}`,
    ingresses &&
      `${count(ingresses.length, "ingress", "ingresses")}${ingresses.length > 0 ? ` (${names(ingresses)})` : ""}`,
    dns && `${count(dns.length, "ready DNS endpoint")} in the cluster`,
  ].filter((part) => part !== undefined);
  const facts = [
    ...(networkPolicies ?? []).map(({ metadata, spec }) =>
      said(
        "spec",
        { kind: "NetworkPolicy", name: metadata?.name ?? "" },
        `${metadata?.name}: ${(spec?.policyTypes ?? ["Ingress"]).join(" and ")} of pods with ${JSON.stringify(spec?.podSelector?.matchLabels ?? {})}`,
      ),
    ),
    ...(ingresses ?? []).map(({ metadata, spec }) =>
      said(
        "spec",
        { kind: "Ingress", name: metadata?.name ?? "" },
        `${metadata?.name}: class ${spec?.ingressClassName ?? "default"}, hosts ${listed((spec?.rules ?? []).map(({ host }) => host ?? "any"))}`,
      ),
    ),
    ...(dns
      ? [
          said(
            "status",
            { kind: "Service", name: "kube-dns" },
            `${count(dns.length, "ready endpoint")} of the cluster's DNS`,
          ),
        ]
      : []),
  ];
  const otherwise =
    parts.length > 0
      ? `No fault of the network was found: ${parts.join(", ")}. Whether the network enforces policies does not show in the API.`
      : unread("Network objects");
  return about(view, /network|\bdns\b|ingress|resolve/i, /polic|ingress|DNS/, otherwise, facts);
};

export const node: Answerer = (view) => {
  const { nodes } = view.snapshot.around;
  const facts = (nodes ?? []).map(({ metadata, spec, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    const pressure = (status?.conditions ?? [])
      .filter(({ type, status: state }) => type !== "Ready" && state === "True")
      .map(({ type }) => type);
    return said(
      "status",
      { kind: "Node", name: metadata?.name ?? "" },
      `${metadata?.name}: ${ready?.status === "True" ? "ready" : `not ready (${ready?.message ?? "no word from it"})`}${spec?.unschedulable ? ", cordoned" : ""}${pressure.length > 0 ? `, ${pressure.join(", ")}` : ""}; ${status?.allocatable?.cpu ?? "?"} CPU, ${status?.allocatable?.memory ?? "?"} memory for pods`,
    );
  });
  return about(
    view,
    /\bnode\b/i,
    /nodes/,
    nodes === undefined
      ? unread("Nodes")
      : `${count(nodes.length, "node")}: ${listed(facts.map(({ text }) => text))}.`,
    facts,
  );
};

export const storage: Answerer = (view) => {
  const { claims } = view.snapshot.around;
  const facts = (claims ?? []).map(({ metadata, spec, status }) =>
    said(
      "status",
      { kind: "PersistentVolumeClaim", name: metadata?.name ?? "" },
      `${metadata?.name}: ${status?.phase ?? "unknown"}, ${spec?.resources?.requests?.storage ?? "?"}, class ${spec?.storageClassName ?? "default"}`,
    ),
  );
  const otherwise =
    claims === undefined
      ? unread("Volume claims")
      : claims.length === 0
        ? "The namespace has no volume claim: what TaskFlow keeps is in its database, outside the cluster."
        : `${count(claims.length, "volume claim")}, ${claims.filter(({ status }) => status?.phase === "Bound").length} bound.`;
  return about(view, /volume|\bclaim\b|storage/i, /volume|storage/, otherwise, facts);
};

/** Names only: no value of a ConfigMap or Secret is shown. */
export const config: Answerer = (view) => {
  const { configMaps, secrets } = view.snapshot.around;
  const facts = [
    ...(configMaps ?? []).map(({ metadata, data }) =>
      said(
        "spec",
        { kind: "ConfigMap", name: metadata?.name ?? "" },
        `config map ${metadata?.name} with keys ${listed(Object.keys(data ?? {}).sort())}`,
      ),
    ),
    ...(secrets ?? []).map(({ name = "" }) =>
      said("spec", { kind: "Secret", name }, `secret ${name} (values are never read)`),
    ),
  ];
  const otherwise =
    configMaps === undefined && secrets === undefined
      ? unread("Configuration objects")
      : `Nothing that the pods refer to was found missing: ${count(configMaps?.length ?? 0, "config map")}, ${count(secrets?.length ?? 0, "secret")}.`;
  return about(
    view,
    /configuration|config ?map|\bsecret|environment|variable/i,
    /config maps|secrets/,
    otherwise,
    facts,
  );
};

export const quota: Answerer = (view) => {
  const { quotas, limitRanges } = view.snapshot.around;
  const facts = [
    ...(quotas ?? []).flatMap(({ metadata, status }) =>
      Object.entries(status?.hard ?? {}).map(([resource, hard]) =>
        said(
          "status",
          { kind: "ResourceQuota", name: metadata?.name ?? "" },
          `quota ${metadata?.name}: ${resource} ${status?.used?.[resource] ?? "0"} of ${hard} used`,
        ),
      ),
    ),
    ...(limitRanges ?? []).map(({ metadata }) =>
      said("spec", { kind: "LimitRange", name: metadata?.name ?? "" }, `limit range ${metadata?.name}`),
    ),
    ...view.deployments.flatMap(({ metadata, spec }) =>
      (spec?.template?.spec?.containers ?? []).map(({ name, resources }) =>
        said(
          "spec",
          { kind: "Deployment", name: metadata?.name ?? "" },
          `${metadata?.name}/${name}: limits ${JSON.stringify(resources?.limits ?? {})}, requests ${JSON.stringify(resources?.requests ?? {})}`,
        ),
      ),
    ),
  ];
  const otherwise =
    quotas === undefined
      ? unread("Quotas")
      : `${quotas.length === 0 ? "The namespace has no quota" : `The namespace has ${count(quotas.length, "quota")}, none of them exceeded as far as was found`}; the limits of each container stand below.`;
  return about(view, /quota|limit range|refused/i, /quota|limit/, otherwise, facts);
};
