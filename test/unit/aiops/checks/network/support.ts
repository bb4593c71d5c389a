/** A healthy namespace as the chart makes it, in the API's own shapes; tests break one thing in a copy. */
import type {
  V1ConfigMap,
  V1Deployment,
  V1EndpointSlice,
  V1Ingress,
  V1IngressClass,
  V1NetworkPolicy,
  V1Pod,
  V1PodSpec,
  V1ReplicaSet,
  V1Service,
} from "@kubernetes/client-node";
import { diagnose } from "../../../../../aiops/kagent/checks/index.ts";
import type { Finding, Snapshot, Surroundings } from "../../../../../aiops/kagent/checks/types.ts";
import { ago, namespace, snapshot } from "../../support.ts";

type Name = "frontend" | "backend";
const ports: Record<Name, number> = { frontend: 3000, backend: 8000 };

export const labelsOf = (name: string): Record<string, string> => ({
  app: name,
  "app.kubernetes.io/name": "todo-app",
  "app.kubernetes.io/instance": "todo-local",
  "app.kubernetes.io/component": name,
});

const podSpec = (name: Name): V1PodSpec => ({
  ...(name === "backend"
    ? {
        initContainers: [
          {
            name: "migrate",
            env: [
              {
                name: "DATABASE_URL",
                valueFrom: { secretKeyRef: { name: "backend-secrets", key: "DATABASE_URL" } },
              },
            ],
          },
        ],
      }
    : {}),
  containers: [
    {
      name,
      ports: [{ name: "http", containerPort: ports[name] }],
      envFrom: [{ configMapRef: { name: `${name}-config` } }],
      env: [
        {
          name: "DATABASE_URL",
          valueFrom: { secretKeyRef: { name: `${name}-secrets`, key: "DATABASE_URL" } },
        },
      ],
      readinessProbe: { httpGet: { path: "/health/ready", port: "http" } },
    },
  ],
});

const deployment = (name: Name): V1Deployment => ({
  metadata: {
    name,
    namespace,
    uid: `uid-${name}`,
    generation: 1,
    annotations: { "deployment.kubernetes.io/revision": "2" },
    labels: labelsOf(name),
  },
  spec: {
    replicas: 1,
    selector: { matchLabels: labelsOf(name) },
    template: { metadata: { labels: labelsOf(name) }, spec: podSpec(name) },
  },
  status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
});

export const replicaSet = (name: Name, revision: string, spec = podSpec(name)): V1ReplicaSet => ({
  metadata: {
    name: `${name}-${revision}`,
    namespace,
    uid: `uid-${name}-${revision}`,
    annotations: { "deployment.kubernetes.io/revision": revision },
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "Deployment", name, uid: `uid-${name}`, controller: true },
    ],
  },
  spec: { replicas: 1, selector: {}, template: { spec } },
  status: { replicas: 1, availableReplicas: 1 },
});

/** A pod that is ready, or has not been for `unready` seconds. */
export function pod(name: Name, facts: { id?: string; unready?: number; revision?: string } = {}): V1Pod {
  const { id = "abcde", unready, revision = "2" } = facts;
  const ready = unready === undefined;
  return {
    metadata: {
      name: `${name}-${revision}-${id}`,
      namespace,
      uid: `uid-${name}-${revision}-${id}`,
      labels: { ...labelsOf(name), "pod-template-hash": revision },
      creationTimestamp: ago(unready ?? 600),
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          name: `${name}-${revision}`,
          uid: `uid-${name}-${revision}`,
          controller: true,
        },
      ],
    },
    spec: podSpec(name),
    status: {
      phase: "Running",
      podIP: name === "frontend" ? "10.85.0.11" : "10.85.0.12",
      conditions: [
        { type: "Ready", status: ready ? "True" : "False", lastTransitionTime: ago(unready ?? 590) },
      ],
      containerStatuses: [
        {
          name,
          image: name,
          imageID: "",
          ready,
          restartCount: 0,
          state: { running: { startedAt: ago(unready ?? 600) } },
        },
      ],
    },
  };
}

const service = (name: Name): V1Service => ({
  metadata: { name: `${name}-service`, namespace, labels: labelsOf(name) },
  spec: {
    type: name === "frontend" ? "NodePort" : "ClusterIP",
    clusterIP: name === "frontend" ? "10.96.0.21" : "10.96.0.22",
    selector: labelsOf(name),
    ports: [{ name: "http", port: ports[name], targetPort: "http", protocol: "TCP" }],
  },
});

export const slice = (
  name: string,
  ready: boolean[],
  facts: Partial<V1EndpointSlice> = {},
): V1EndpointSlice => ({
  addressType: "IPv4",
  metadata: { name: `${name}-x`, namespace, labels: { "kubernetes.io/service-name": name } },
  endpoints: ready.map((one, index) => ({ addresses: [`10.85.0.${index + 2}`], conditions: { ready: one } })),
  ports: [{ name: "http", port: 8000 }],
  ...facts,
});

export const configMap = (name: string, data: Record<string, string>): V1ConfigMap => ({
  metadata: { name, namespace },
  data,
});

export const ingress: V1Ingress = {
  metadata: { name: "frontend", namespace },
  spec: {
    ingressClassName: "nginx",
    rules: [
      {
        host: "localhost",
        http: {
          paths: [
            {
              path: "/",
              pathType: "Prefix",
              backend: { service: { name: "frontend-service", port: { name: "http" } } },
            },
          ],
        },
      },
    ],
  },
};

export const ingressClass = (name: string, isDefault = false): V1IngressClass => ({
  metadata: {
    name,
    ...(isDefault ? { annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } } : {}),
  },
});

const databaseAndDns = [
  {
    ports: [
      { port: 53, protocol: "UDP" },
      { port: 53, protocol: "TCP" },
    ],
  },
  { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }], ports: [{ port: 5432 }] },
];

export const policies: Record<Name, V1NetworkPolicy> = {
  backend: {
    metadata: { name: "backend", namespace },
    spec: {
      podSelector: { matchLabels: labelsOf("backend") },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ port: 8000 }], _from: [{ podSelector: { matchLabels: labelsOf("frontend") } }] }],
      egress: databaseAndDns,
    },
  },
  frontend: {
    metadata: { name: "frontend", namespace },
    spec: {
      podSelector: { matchLabels: labelsOf("frontend") },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ port: 3000 }] }],
      egress: [
        ...databaseAndDns,
        { to: [{ podSelector: { matchLabels: labelsOf("backend") } }], ports: [{ port: 8000 }] },
      ],
    },
  },
};

export interface Healthy extends Snapshot {
  around: Surroundings &
    Required<
      Pick<
        Surroundings,
        | "services"
        | "endpointSlices"
        | "configMaps"
        | "networkPolicies"
        | "ingresses"
        | "ingressClasses"
        | "clusterDns"
      >
    >;
}

/** A new copy each time, with everything switched on. */
export function healthy(): Healthy {
  const made = {
    ...snapshot({
      pods: [pod("frontend"), pod("backend")],
      deployments: [deployment("frontend"), deployment("backend")],
      replicaSets: [replicaSet("frontend", "2"), replicaSet("backend", "2")],
    }),
    around: {
      services: [service("frontend"), service("backend")],
      endpointSlices: [slice("frontend-service", [true]), slice("backend-service", [true])],
      configMaps: [
        configMap("frontend-config", {
          NEXT_PUBLIC_API_URL: "http://backend-service:8000/api",
          NEXT_PUBLIC_APP_URL: "http://localhost:3000",
          BETTER_AUTH_URL: "http://localhost:3000",
        }),
        configMap("backend-config", { FRONTEND_URL: "http://localhost:3000", AI_MODEL: "gpt-4o-mini" }),
        configMap("kube-root-ca.crt", { "ca.crt": "-----BEGIN CERTIFICATE-----" }),
      ],
      networkPolicies: [policies.backend, policies.frontend],
      ingresses: [ingress],
      ingressClasses: [ingressClass("nginx")],
      clusterDns: [slice("kube-dns", [true])],
    },
  };
  return structuredClone(made);
}

/** The healthy namespace after `change`. */
export function broken(change: (seen: Healthy) => void): Healthy {
  const seen = healthy();
  change(seen);
  return seen;
}

/** The one of this name; the test is wrong where there is none. */
export function named<T extends { metadata?: { name?: string } }>(items: T[], name: string): T {
  const found = items.find((item) => item.metadata?.name === name);
  if (!found) throw new Error(`the snapshot has no ${name}`);
  return found;
}

export const serviceOf = (seen: Healthy, name: Name) => named(seen.around.services, `${name}-service`);
export const selectorOf = (seen: Healthy, name: Name): Record<string, string> =>
  serviceOf(seen, name).spec?.selector ?? {};
export const templateOf = (seen: Healthy, name: Name): V1PodSpec => {
  const spec = named(seen.deployments, name).spec?.template.spec;
  if (!spec) throw new Error(`Deployment ${name} has no template`);
  return spec;
};

/** Diagnoses what `change` makes of the healthy namespace. */
export const found = (change: (seen: Healthy) => void): Finding[] => diagnose(broken(change));
export const codes = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);
