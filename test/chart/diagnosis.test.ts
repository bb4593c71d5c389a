/** The chart's own objects, running, give no finding; each broken in one place gives its own. */
import {
  loadAllYaml,
  type V1ConfigMap,
  type V1Deployment,
  type V1Ingress,
  type V1NetworkPolicy,
  type V1Pod,
  type V1ReplicaSet,
  type V1Service,
} from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { diagnose } from "../../aiops/kagent/checks/index.ts";
import type { Snapshot } from "../../aiops/kagent/checks/types.ts";
import { type RenderOptions, render, type ValuesName, valuesFiles } from "./helm.ts";

const namespace = "todo-app";
const revision = { "deployment.kubernetes.io/revision": "1" };

/** What the cluster makes of the rendered objects once all is up. */
async function running(options: RenderOptions): Promise<Snapshot> {
  // As the API client gives them, e.g. `_from` for `from`.
  const objects = loadAllYaml((await render(options)).text) as { kind: string }[];
  const all = <T>(kind: string): T[] => objects.filter((object) => object.kind === kind) as T[];
  const deployments = all<V1Deployment>("Deployment").map(deployed);
  const services = all<V1Service>("Service");
  const ingresses = all<V1Ingress>("Ingress");
  const classes = new Set(ingresses.flatMap(({ spec }) => spec?.ingressClassName ?? []));
  return {
    namespace,
    takenAt: new Date(),
    // The pod of `helm test` too, while it runs.
    pods: [...deployments.map(podOf), ...all<V1Pod>("Pod").map((pod) => ready(pod))],
    events: [],
    deployments,
    replicaSets: deployments.map(setOf),
    logs: [],
    around: {
      services,
      endpointSlices: services.map(({ metadata }) => slice(metadata?.name ?? "", "10.85.0.12")),
      configMaps: all<V1ConfigMap>("ConfigMap"),
      networkPolicies: all<V1NetworkPolicy>("NetworkPolicy"),
      ingresses,
      ingressClasses: [...classes].map((name) => ({ metadata: { name } })),
      clusterDns: [slice("kube-dns", "10.245.0.1")],
    },
    notChecked: [],
  };
}

function deployed(deployment: V1Deployment): V1Deployment {
  const { metadata, spec } = deployment;
  const replicas = spec?.replicas ?? 1;
  return {
    ...deployment,
    metadata: { ...metadata, uid: `uid-${metadata?.name}`, generation: 1, annotations: revision },
    status: {
      observedGeneration: 1,
      replicas,
      updatedReplicas: replicas,
      availableReplicas: replicas,
      readyReplicas: replicas,
    },
  };
}

function setOf({ metadata, spec }: V1Deployment): V1ReplicaSet {
  const name = metadata?.name ?? "";
  return {
    metadata: {
      name: `${name}-1`,
      namespace,
      uid: `uid-${name}-1`,
      annotations: revision,
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "Deployment", name, uid: `uid-${name}`, controller: true },
      ],
    },
    ...(spec
      ? { spec: { selector: spec.selector, template: spec.template, replicas: spec.replicas ?? 1 } }
      : {}),
  };
}

function podOf({ metadata, spec }: V1Deployment): V1Pod {
  const name = `${metadata?.name}-1`;
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name, uid: `uid-${name}`, controller: true };
  return ready({
    metadata: {
      name: `${name}-abcde`,
      namespace,
      uid: `uid-${name}-abcde`,
      labels: { ...spec?.template.metadata?.labels, "pod-template-hash": "1" },
      ownerReferences: [owner],
    },
    ...(spec?.template.spec ? { spec: spec.template.spec } : {}),
  });
}

const ready = (pod: V1Pod): V1Pod => ({
  ...pod,
  status: {
    phase: "Running",
    podIP: "10.85.0.12",
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: (pod.spec?.containers ?? []).map(({ name }) => ({
      name,
      image: name,
      imageID: "",
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: new Date() } },
    })),
  },
});

const slice = (name: string, address: string) => ({
  addressType: "IPv4",
  metadata: { name: `${name}-x`, namespace, labels: { "kubernetes.io/service-name": name } },
  endpoints: [{ addresses: [address], conditions: { ready: true } }],
});

const strict = {
  networkPolicy: { enabled: true },
  ingress: { enabled: true },
};

test.each(Object.keys(valuesFiles) as ValuesName[])(
  "%s is healthy, policies and Ingress or not",
  async (base) => {
    expect(diagnose(await running({ base }))).toEqual([]);
    const seen = await running({ base, values: strict });
    expect(seen.around.networkPolicies).toHaveLength(3);
    expect(diagnose(seen)).toEqual([]);
  },
);

test("clients of the frontend that are chosen by labels", async () => {
  const frontendFrom = [
    { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } },
  ];
  const values = { ...strict, networkPolicy: { enabled: true, frontendFrom } };
  expect(diagnose(await running({ base: "dev", values }))).toEqual([]);
});

const find = <T extends { metadata?: { name?: string } }>(items: T[] | undefined, name: string): T => {
  const found = items?.find(({ metadata }) => metadata?.name === name);
  if (!found) throw new Error(`nothing is called ${name}`);
  return found;
};

test.each<[string, string, (seen: Snapshot) => void]>([
  [
    "TF1520",
    "the backend's Service selects nothing",
    ({ around }) => {
      const service = find(around.services, "backend-service");
      if (service.spec?.selector) service.spec.selector.app = "backned";
      around.endpointSlices = [];
    },
  ],
  [
    "TF1523",
    "the backend's Service leads to another port",
    ({ around }) => {
      const [port] = find(around.services, "backend-service").spec?.ports ?? [];
      if (port) port.targetPort = 9000;
    },
  ],
  [
    "TF1524",
    "the backend's policy lets no frontend in",
    ({ around }) => {
      const [rule] = find(around.networkPolicies, "backend").spec?.ingress ?? [];
      if (rule) rule._from = [];
      if (rule) rule.ports = [{ port: 8001 }];
    },
  ],
  [
    "TF1524",
    "the frontend's policy has no way to the DNS",
    ({ around }) => void find(around.networkPolicies, "frontend").spec?.egress?.shift(),
  ],
  [
    "TF1525",
    "the frontend is told of a backend that is not there",
    ({ around }) => {
      const { data } = find(around.configMaps, "frontend-config");
      if (data) data.NEXT_PUBLIC_API_URL = "http://backend:8000/api";
    },
  ],
  [
    "TF1528",
    "no controller for the Ingress",
    ({ around }) => {
      around.ingressClasses = [];
    },
  ],
  [
    "TF1529",
    "the Ingress has another host",
    ({ around }) => {
      for (const rule of find(around.ingresses, "frontend").spec?.rules ?? [])
        rule.host = "other.example.com";
    },
  ],
])("%s: %s", async (code, _name, breakIt) => {
  const seen = await running({ base: "dev", values: strict });
  breakIt(seen);
  const roots = diagnose(seen).filter(({ causedBy }) => !causedBy);
  expect(roots.map((found) => found.code)).toEqual([code]);
});
