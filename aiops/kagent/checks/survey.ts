/** The wider look: a namespace's pods together with the Services, policies, limits and nodes around them. */
import type { PodMetric } from "@kubernetes/client-node";
import { TaskFlowError } from "../codes/index.ts";
import { type Api, bounded, callTimeout, reasonOf, statusOf } from "./api.ts";
import { all, gather, type Page, pageSize } from "./gather.ts";
import type { Snapshot, Surroundings } from "./types.ts";

/** Asks for metadata alone: a Secret's values then never leave the API server. */
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

interface List<T> {
  /** As `notChecked` calls it. */
  what: string;
  page: (next: { limit: number; _continue?: string }) => Promise<Page<T>>;
}

/** How each kind is listed. */
type Lists = { [Kind in keyof Surroundings]-?: List<NonNullable<Surroundings[Kind]>[number]> };

/**
 * Everything that the checks can use, some twenty bounded calls at once. What cannot be read is listed in `notChecked`.
 * @throws TaskFlowError TF1549 where there is no such namespace.
 * @throws what the API client throws where not even the pods can be read; the signal's reason when aborted.
 */
export async function survey(api: Api, namespace: string, signal?: AbortSignal): Promise<Snapshot> {
  const around: Surroundings = {};
  const notChecked: Snapshot["notChecked"] = [];
  const read = async ([kind, { what, page }]: [string, List<unknown>]) => {
    try {
      const items = await all(what, (next) => page({ limit: pageSize, ...next }), notChecked);
      Object.assign(around, { [kind]: items });
    } catch (error) {
      notChecked.push({ what, why: reasonOf(error), kind: kind as keyof Surroundings });
    }
  };
  const [snapshot] = await Promise.all([
    gather(api, namespace, signal, { readyLogs: true }),
    ...Object.entries(listsOf(api, namespace, signal)).map(read),
  ]);
  signal?.throwIfAborted();
  if (snapshot.pods.length + snapshot.deployments.length === 0) await mustExist(api, namespace, signal);
  return { ...snapshot, around, notChecked: [...snapshot.notChecked, ...notChecked] };
}

/** A list of nothing is the API's answer for a namespace that does not exist, too, and would look like health. */
async function mustExist(api: Api, namespace: string, signal?: AbortSignal): Promise<void> {
  try {
    await api.core.readNamespace({ name: namespace }, bounded(callTimeout, signal));
  } catch (error) {
    signal?.throwIfAborted();
    // Who may not read the namespace itself gets what is seen of an empty one.
    if (statusOf(error) !== 404) return;
    throw new TaskFlowError("TF1549", { what: `there is no namespace ${namespace}`, cause: error });
  }
}

/** What pods use now, as `notChecked` calls it. */
export const metricsName = "what pods use (metrics-server)";

/** metrics-server's own list, which has no pages. @throws what the API client throws. */
export async function podMetrics(
  api: Api,
  namespace: string,
  signal?: AbortSignal,
): Promise<Page<PodMetric>> {
  const metrics = { group: "metrics.k8s.io", version: "v1beta1", plural: "pods", namespace };
  const options = bounded(callTimeout, signal);
  return (await api.custom.listNamespacedCustomObject(metrics, options)) as Page<PodMetric>;
}

function listsOf(api: Api, namespace: string, signal?: AbortSignal): Lists {
  const { core, networking, autoscaling, discovery, storage } = api;
  const options = () => bounded(callTimeout, signal);
  return {
    services: {
      what: "services",
      page: (next) => core.listNamespacedService({ namespace, ...next }, options()),
    },
    endpointSlices: {
      what: "endpoint slices",
      page: (next) => discovery.listNamespacedEndpointSlice({ namespace, ...next }, options()),
    },
    configMaps: {
      what: "config maps",
      page: (next) => core.listNamespacedConfigMap({ namespace, ...next }, options()),
    },
    secrets: {
      what: "names of secrets",
      page: async (next) => {
        const metadata = bounded(callTimeout, signal, metadataOnly);
        const page = await core.listNamespacedSecret({ namespace, ...next }, metadata);
        return {
          items: page.items.map((item) => item.metadata ?? {}),
          ...(page.metadata ? { metadata: page.metadata } : {}),
        };
      },
    },
    serviceAccounts: {
      what: "service accounts",
      page: (next) => core.listNamespacedServiceAccount({ namespace, ...next }, options()),
    },
    networkPolicies: {
      what: "network policies",
      page: (next) => networking.listNamespacedNetworkPolicy({ namespace, ...next }, options()),
    },
    ingresses: {
      what: "ingresses",
      page: (next) => networking.listNamespacedIngress({ namespace, ...next }, options()),
    },
    ingressClasses: {
      what: "ingress classes",
      page: (next) => networking.listIngressClass(next, options()),
    },
    autoscalers: {
      what: "autoscalers",
      page: (next) => autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace, ...next }, options()),
    },
    claims: {
      what: "volume claims",
      page: (next) => core.listNamespacedPersistentVolumeClaim({ namespace, ...next }, options()),
    },
    storageClasses: { what: "storage classes", page: (next) => storage.listStorageClass(next, options()) },
    quotas: {
      what: "resource quotas",
      page: (next) => core.listNamespacedResourceQuota({ namespace, ...next }, options()),
    },
    limitRanges: {
      what: "limit ranges",
      page: (next) => core.listNamespacedLimitRange({ namespace, ...next }, options()),
    },
    nodes: { what: "nodes", page: (next) => core.listNode(next, options()) },
    podMetrics: {
      what: metricsName,
      page: () => podMetrics(api, namespace, signal),
    },
    clusterDns: {
      what: "the cluster's DNS",
      page: (next) =>
        discovery.listNamespacedEndpointSlice(
          { namespace: "kube-system", labelSelector: "kubernetes.io/service-name=kube-dns", ...next },
          options(),
        ),
    },
  };
}
