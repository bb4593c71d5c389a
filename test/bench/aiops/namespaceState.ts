/** Takes the objects of the app's namespace down, and puts them back as they were. */

import { kubectl, kubectlWith, settled } from "../../support/cluster.ts";

const kinds = [
  "deployments.apps",
  "services",
  "configmaps",
  "secrets",
  "serviceaccounts",
  "networkpolicies.networking.k8s.io",
  "ingresses.networking.k8s.io",
  "horizontalpodautoscalers.autoscaling",
  "persistentvolumeclaims",
  "resourcequotas",
  "limitranges",
].join(",");

interface KubernetesObject {
  kind: string;
  metadata: { name: string; resourceVersion?: string; ownerReferences?: unknown[]; [key: string]: unknown };
  type?: string;
  spec?: unknown;
  data?: unknown;
}

export type NamespaceState = ReadonlyMap<string, KubernetesObject>;

/** What people and deployers make; not what the cluster adds by itself. */
export async function takeState(): Promise<NamespaceState> {
  const { items } = JSON.parse(await kubectl("get", kinds, "--output", "json")) as {
    items: KubernetesObject[];
  };
  const made = items.filter(
    ({ kind, type, metadata }) =>
      metadata.name !== "kube-root-ca.crt" &&
      type !== "helm.sh/release.v1" &&
      !(kind === "ServiceAccount" && metadata.name === "default"),
  );
  return new Map(made.map((item) => [`${item.kind}/${item.metadata.name}`, item]));
}

/** What makes an object what it is, whoever wrote it and when. */
const content = ({ spec, data }: KubernetesObject): string => JSON.stringify({ spec, data });

/** Deletes what is new, replaces what is different, and waits until the app is whole. */
export async function restore(before: NamespaceState): Promise<void> {
  const now = await takeState();
  for (const [name, item] of now) {
    if (!before.has(name)) await kubectl("delete", item.kind, item.metadata.name, "--ignore-not-found");
  }
  const gone = [...before].filter(([name]) => !now.has(name));
  const changed = [...before].filter(([name, item]) => {
    const current = now.get(name);
    return current && content(current) !== content(item);
  });
  await send("create", gone);
  await send("replace", changed);
  await settled();
}

async function send(
  verb: "create" | "replace",
  objects: readonly [string, KubernetesObject][],
): Promise<void> {
  if (objects.length === 0) return;
  const items = objects.map(([, item]) => {
    const { resourceVersion: _version, uid: _uid, ...metadata } = item.metadata;
    return { ...item, metadata };
  });
  await kubectlWith(JSON.stringify({ apiVersion: "v1", kind: "List", items }), verb, "--filename", "-");
}
