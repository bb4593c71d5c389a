/** A small app in the fake API server, and a desk over it whose clock the test moves. */
import type { Api } from "../../../../aiops/kagent/checks/api.ts";
import type { Finding } from "../../../../aiops/kagent/checks/types.ts";
import type { Code } from "../../../../aiops/kagent/codes/index.ts";
import type { AuditEvent } from "../../../../aiops/kagent/plans/audit.ts";
import { type Desk, type DeskOptions, planDesk } from "../../../../aiops/kagent/plans/desk.ts";
import type { Approval, Plan } from "../../../../aiops/kagent/plans/types.ts";
import { apps, core, networking } from "../../../support/apiServer.ts";
import { namespace, snapshot } from "../support.ts";
import { FakeApi, type Json } from "./fakeApi.ts";

export { apps, core, namespace, networking };
export const backend = `${apps}/deployments/backend`;
export const service = `${core}/services/backend-service`;

const template = (image: string): Json => ({
  // The client's model of a template has no such field: it must be there again after an undo all the same.
  metadata: { creationTimestamp: null, labels: { app: "backend" } },
  spec: {
    futureField: "kept",
    restartPolicy: "Always",
    containers: [
      { name: "proxy", image: "proxy:1", resources: {} },
      {
        name: "backend",
        image,
        env: [{ name: "DATABASE_URL", value: `postgres://app:${image}-hunter2@db/todo` }],
        ports: [{ name: "http", containerPort: 8000 }],
        readinessProbe: { httpGet: { path: "/readyz", port: 8080 }, periodSeconds: 5 },
        livenessProbe: { tcpSocket: { port: 8000 } },
        resources: { limits: { memory: "256Mi" }, requests: { memory: "128Mi", cpu: "50m" } },
      },
    ],
  },
});

/** Two revisions of a backend, its Service, its pods, and a policy that holds the pods in. */
export function furnish(api: FakeApi): void {
  const deployment = api.put(backend, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "backend",
      namespace,
      generation: 4,
      annotations: { "deployment.kubernetes.io/revision": "2" },
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "backend" } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: template("backend:2"),
    },
    status: {
      observedGeneration: 4,
      replicas: 1,
      updatedReplicas: 1,
      availableReplicas: 0,
      readyReplicas: 0,
    },
  });
  for (const revision of [1, 2]) {
    const made = template(`backend:${revision}`);
    made.metadata.labels["pod-template-hash"] = `hash${revision}`;
    api.put(`${apps}/replicasets/backend-${revision}`, {
      metadata: {
        name: `backend-${revision}`,
        namespace,
        annotations: { "deployment.kubernetes.io/revision": String(revision) },
        ownerReferences: [
          {
            apiVersion: "apps/v1",
            kind: "Deployment",
            name: "backend",
            uid: deployment.metadata.uid,
            controller: true,
          },
        ],
      },
      spec: { replicas: 0, selector: {}, template: made },
    });
  }
  api.put(service, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "backend-service", namespace, labels: { app: "backend" } },
    spec: {
      type: "ClusterIP",
      selector: { app: "backnd" },
      ports: [
        { name: "metrics", port: 9000, protocol: "TCP", targetPort: 9000 },
        { name: "http", port: 8000, protocol: "TCP", targetPort: 8001 },
      ],
    },
  });
  for (const app of ["frontend", "backend"]) {
    api.put(`${core}/pods/${app}-1`, {
      metadata: { name: `${app}-1`, namespace, labels: { app } },
      spec: { containers: [{ name: app }] },
      status: { podIPs: [{ ip: "10.0.0.1" }] },
    });
  }
  api.put(`${networking}/networkpolicies/backend`, {
    metadata: { name: "backend", namespace },
    spec: { podSelector: { matchLabels: { app: "backend" } }, policyTypes: ["Ingress"], ingress: [] },
  });
}

export const crash: Finding = {
  code: "TF1501",
  severity: "error",
  confidence: "definite",
  object: { kind: "Deployment", namespace, name: "backend" },
  affected: [],
  what: "it crashes",
  evidence: [],
  fix: [],
};

export class TestClock {
  time = Date.parse("2026-11-25T10:00:00Z");
  now = () => this.time;
  pause = async (milliseconds: number) => {
    this.time += milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
  };
}

export interface World {
  api: FakeApi;
  desk: Desk;
  clock: TestClock;
  /** What the audit log was told. */
  log: AuditEvent[];
  /** What the diagnosis shows; a test changes it. */
  findings: Finding[];
  notChecked: { what: string; why: string }[];
}

export const requester = { name: "tester", namespaces: [namespace] };

export async function world(options: Partial<DeskOptions> = {}): Promise<World> {
  const api = new FakeApi();
  const clients = await api.start();
  furnish(api);
  return deskOver(api, clients, options);
}

/** A desk over what there is in the API server. */
export function deskOver(api: FakeApi, clients: Api, options: Partial<DeskOptions> = {}): World {
  const clock = new TestClock();
  const log: AuditEvent[] = [];
  const made: World = {
    api,
    clock,
    log,
    findings: [crash],
    notChecked: [],
    desk: undefined as unknown as Desk,
  };
  made.desk = planDesk({
    api: clients,
    clock,
    audit: { record: async (event) => void log.push(event) },
    examine: async () => ({
      snapshot: snapshot({ deployments: [api.get(backend)], notChecked: made.notChecked }),
      findings: made.findings,
    }),
    ...options,
  });
  return made;
}

/** As controllers would have it: the rollout completes at once, and the fault is gone. */
export function mends(made: World): void {
  made.api.afterWrite = () => {
    settle(made.api);
    made.findings = [];
  };
}

export function settle(api: FakeApi): void {
  api.edit(
    backend,
    (object) => {
      const { replicas } = object.spec;
      object.status = {
        observedGeneration: object.metadata.generation,
        replicas,
        updatedReplicas: replicas,
        availableReplicas: replicas,
        readyReplicas: replicas,
      };
    },
    { spec: false },
  );
}

export const propose = (made: World, proposal: unknown, code: Code = "TF1501"): Promise<Plan> =>
  made.desk.propose({ namespace, code, object: { name: "backend" }, proposal }, requester);

export const yes = (plan: Plan): Approval => ({ kind: "terminal", by: "tester", hash: plan.hash });

export const claim = (plan: Plan) => ({ id: plan.id, hash: plan.hash, requester, approval: yes(plan) });

/** Applies and waits for the end. */
export async function apply(made: World, plan: Plan): Promise<Plan> {
  const { end } = await made.desk.apply(claim(plan));
  return end;
}

/** The parts of an object that people write. */
export const wanted = ({ metadata, spec }: Json): Json => ({
  labels: metadata.labels,
  annotations: metadata.annotations,
  spec,
});
