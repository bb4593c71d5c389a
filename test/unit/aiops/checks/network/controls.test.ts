/** What is no fault must give no finding. */
import { expect, test } from "vitest";
import { checks, diagnose } from "../../../../../aiops/kagent/checks/index.ts";
import { currentOnly } from "../../../../../aiops/kagent/checks/rollout.ts";
import {
  broken,
  codes,
  configMap,
  found,
  type Healthy,
  healthy,
  named,
  pod,
  replicaSet,
  selectorOf,
  serviceOf,
  slice,
  templateOf,
} from "./support.ts";

test("the namespace as the chart makes it, with policies and Ingress", () => {
  expect(diagnose(healthy())).toEqual([]);
});

test.each<[string, (seen: Healthy) => void]>([
  [
    "a rolling update in progress",
    (seen) => {
      seen.pods.push(pod("backend", { revision: "3", id: "new", unready: 8 }));
      seen.replicaSets.push(replicaSet("backend", "3"));
    },
  ],
  [
    "a first start: pods that are not ready yet",
    (seen) => {
      seen.pods = [pod("frontend", { unready: 20 }), pod("backend", { unready: 20 })];
      seen.around.endpointSlices = [];
    },
  ],
  [
    "a Deployment that was just made and has no pods yet",
    (seen) => {
      seen.pods = [pod("frontend")];
    },
  ],
  [
    "a Job that is complete, and its Service",
    (seen) => {
      const job = pod("backend", { id: "job", unready: 900 });
      job.metadata = { ...job.metadata, labels: { "job-name": "import" } };
      job.metadata.ownerReferences = [
        { apiVersion: "batch/v1", kind: "Job", name: "import", uid: "uid-import", controller: true },
      ];
      job.status = { phase: "Succeeded" };
      seen.pods.push(job);
      seen.around.services.push({
        metadata: { name: "import", namespace: "todo-app" },
        spec: { selector: { "job-name": "import" }, ports: [{ port: 80, targetPort: "gone" }] },
      });
    },
  ],
  [
    "a pod that failed for good beside one that serves",
    (seen) => {
      const failed = pod("backend", { id: "failed", unready: 900 });
      failed.status = { phase: "Failed" };
      seen.pods.push(failed);
    },
  ],
  [
    "headless, ExternalName and selectorless Services",
    (seen) => {
      const metadata = (name: string) => ({ name, namespace: "todo-app" });
      seen.around.services.push(
        {
          metadata: metadata("headless"),
          spec: {
            clusterIP: "None",
            selector: { app: "backend" },
            ports: [{ port: 7000, targetPort: 7000 }],
          },
        },
        { metadata: metadata("outside"), spec: { type: "ExternalName", externalName: "db.example.com" } },
        { metadata: metadata("manual"), spec: { ports: [{ port: 5432 }] } },
      );
      named(seen.around.configMaps, "backend-config").data = {
        A_URL: "http://headless:7123",
        B_URL: "http://outside:5432",
        C_URL: "http://manual.todo-app.svc.cluster.local:5432",
        D_HOST: "backend-1.headless.todo-app.svc",
      };
      seen.around.networkPolicies = [];
    },
  ],
  [
    "a Deployment without a Service that rests at zero",
    (seen) => {
      seen.around.services = [serviceOf(seen, "frontend"), serviceOf(seen, "backend")];
      const rests = structuredClone(named(seen.deployments, "backend"));
      rests.metadata = { ...rests.metadata, name: "worker", uid: "uid-worker" };
      const { spec } = rests;
      if (!spec) throw new Error("no spec");
      spec.replicas = 0;
      spec.template.metadata = { labels: { app: "worker" } };
      seen.deployments.push(rests);
    },
  ],
  [
    "names that lead outside, are no addresses, or are overridden",
    (seen) => {
      named(seen.around.configMaps, "backend-config").data = {
        FRONTEND_URL: "http://localhost:3000",
        OPENAI_BASE_URL: "https://api.openai.com/v1",
        DATABASE_URL: "postgresql://user@ep-cool-1.neon.tech/db",
        DOCKER_URL: "http://host.docker.internal:5432",
        HOST: "0.0.0.0",
        IMAGE: "postgres:16",
        BUCKET_URL: "s3://uploads/x",
        SECRET: "ref+secret://taskflow/KEY",
        SQLITE_URL: "sqlite:///data.db",
        LATER_URL: "http://$(BACKEND_HOST):8000",
        OTHER_URL: "http://api.other-team.svc.cluster.local",
        OVERRIDDEN_URL: "http://nowhere-service:1",
        TEXT: "see http://nowhere-service:1 for more",
      };
      templateOf(seen, "backend").containers[0]?.env?.push({
        name: "OVERRIDDEN_URL",
        value: "http://frontend-service:3000",
      });
      seen.around.networkPolicies = [];
    },
  ],
  [
    "a URL that only browsers look up",
    (seen) => {
      const frontend = named(seen.around.configMaps, "frontend-config");
      frontend.data = { ...frontend.data, BETTER_AUTH_URL: "http://laptop:3000" };
      seen.around.ingresses = [];
    },
  ],
  [
    "a name that the pod has in its own hosts file",
    (seen) => {
      templateOf(seen, "backend").hostAliases = [{ ip: "10.0.0.1", hostnames: ["legacy"] }];
      named(seen.around.configMaps, "backend-config").data = { LEGACY_URL: "http://legacy:1" };
    },
  ],
  [
    "a ConfigMap that nobody reads",
    (seen) => {
      seen.around.configMaps.push(configMap("old", { API_URL: "http://backend-servcie:8000" }));
    },
  ],
  [
    "a number that only a probe names",
    (seen) => {
      const spec = seen.pods[1]?.spec?.containers[0];
      if (spec?.readinessProbe?.httpGet) spec.readinessProbe.httpGet.port = 9000;
      serviceOf(seen, "backend").spec = {
        ...serviceOf(seen, "backend").spec,
        ports: [{ port: 8000, targetPort: 9000 }],
      };
      seen.around.networkPolicies = [];
    },
  ],
])("%s", (_name, change) => {
  expect(found(change)).toEqual([]);
});

/** Breaks everything that these checks look at. */
const everythingBroken = () =>
  broken((seen) => {
    selectorOf(seen, "backend").app = "backned";
    seen.around.endpointSlices = [slice("frontend-service", [true]), slice("backend-service", [])];
    serviceOf(seen, "frontend").spec = {
      ...serviceOf(seen, "frontend").spec,
      ports: [{ name: "http", port: 3000, targetPort: "htpp" }],
    };
    named(seen.around.configMaps, "frontend-config").data = {
      NEXT_PUBLIC_API_URL: "http://backend-servcie:8000/api",
      BETTER_AUTH_URL: "https://todo.example.com",
    };
    seen.around.networkPolicies = [
      {
        metadata: { name: "deny", namespace: "todo-app" },
        spec: { podSelector: {}, policyTypes: ["Egress"] },
      },
    ];
    templateOf(seen, "backend").dnsPolicy = "Default";
    named(seen.around.configMaps, "backend-config").data = { B_URL: "http://frontend-service:3000" };
    seen.around.clusterDns = [slice("kube-dns", [])];
    seen.around.ingressClasses = [];
  });

test("what was not read is nobody's fault", () => {
  const seen = everythingBroken();
  expect(new Set(codes(diagnose(seen)))).toEqual(
    new Set(["TF1520", "TF1523", "TF1524", "TF1525", "TF1526", "TF1527", "TF1528", "TF1529"]),
  );
  expect(diagnose({ ...seen, around: {} })).toEqual([]);
  for (const kind of Object.keys(seen.around) as (keyof typeof seen.around)[]) {
    const { [kind]: _unread, ...around } = seen.around;
    const gone = diagnose({ ...seen, around: around as typeof seen.around });
    // Nothing new turns up because something is missing.
    expect(codes(diagnose(seen))).toEqual(expect.arrayContaining([...new Set(codes(gone))]));
  }
});

test("nothing is missing from a list that was cut", () => {
  const seen = everythingBroken();
  const kinds = ["pods", "services", "deployments", "network policies", "ingress classes"];
  seen.notChecked = kinds.map((what) => ({ what, why: "only the first 2000 were read" }));
  const left = codes(diagnose(seen));
  for (const code of ["TF1520", "TF1521", "TF1522", "TF1523", "TF1524", "TF1525", "TF1528"]) {
    expect(left).not.toContain(code);
  }
});

test("a rollout's watch, which looks at pods alone, sees none of it", () => {
  const seen = currentOnly({ ...everythingBroken(), around: {} }, ["backend", "frontend"]);
  for (const check of Object.values(checks)) expect(check(seen)).toEqual([]);
  expect(diagnose(seen)).toEqual([]);
});

test("a snapshot is not changed", () => {
  const seen = everythingBroken();
  const before = structuredClone(seen);
  diagnose(seen);
  expect(seen).toEqual(before);
});

test("linear in pods: a namespace of 4000 is no trouble", () => {
  const seen = healthy();
  seen.pods = Array.from({ length: 4_000 }, (_, index) =>
    pod(index % 2 === 0 ? "backend" : "frontend", { id: String(index), unready: 400 }),
  );
  seen.around.endpointSlices = [];
  const begin = performance.now();
  expect(codes(diagnose(seen))).toEqual(["TF1522", "TF1522"]);
  expect(performance.now() - begin).toBeLessThan(5_000);
});
