/** F13: names in configuration, the cluster's DNS, dnsPolicy; and how names are read and compared. */
import { describe, expect, test } from "vitest";
import { alike, distance, nearest } from "../../../../../aiops/kagent/checks/nearest.ts";
import { addressIn, serviceName } from "../../../../../aiops/kagent/checks/network/addresses.ts";
import { log, terminated, waiting } from "../../support.ts";
import { found, type Healthy, named, pod, replicaSet, slice, templateOf } from "./support.ts";

const apiUrl = (value: string) => (seen: Healthy) => {
  named(seen.around.configMaps, "frontend-config").data = { NEXT_PUBLIC_API_URL: value };
  seen.around.networkPolicies = [];
};

describe("F13 a Service that does not exist", () => {
  test("misspelled: names the value, the nearest Service, and the commands that mend it", () => {
    const findings = found(apiUrl("http://backend-servcie:8000/api"));
    expect(findings).toMatchObject([
      {
        code: "TF1525",
        severity: "error",
        confidence: "definite",
        object: { kind: "ConfigMap", name: "frontend-config" },
        affected: [],
        evidence: [{ source: "spec", excerpt: "NEXT_PUBLIC_API_URL: http://backend-servcie:8000/api" }],
        blastRadius: [{ kind: "Deployment", name: "frontend" }],
      },
    ]);
    expect(findings[0]?.what).toContain("the nearest is backend-service");
    expect(findings[0]?.fix.slice(0, 2)).toEqual([
      `kubectl --namespace todo-app patch configmap frontend-config --type merge --patch '{"data":{"NEXT_PUBLIC_API_URL":"http://backend-service:8000/api"}}'`,
      "kubectl --namespace todo-app rollout restart deployment/frontend",
    ]);
  });

  test.each<[string, string, string]>([
    ["http://nowhere:8000", "warning", "likely"],
    ["http://nowhere.todo-app:8000", "error", "definite"],
    ["http://nowhere.todo-app.svc.cluster.local.:8000", "error", "definite"],
    ["http://backend-service.todo-ap.svc:8000", "warning", "likely"],
    ["http://backend-service:8001", "error", "definite"],
    ["http://backend-service/api", "error", "definite"],
    ["https://backend-service/api", "error", "definite"],
  ])("%s is a %s", (url, severity, confidence) => {
    expect(found(apiUrl(url))).toMatchObject([{ code: "TF1525", severity, confidence }]);
  });

  test.each([
    "http://backend-service.todo-app:8000",
    "http://BACKEND-SERVICE.todo-app.svc:8000",
    "http://backend-service.other.svc:8000",
    "https://nowhere.example.com",
  ])("%s is none", (url) => expect(found(apiUrl(url))).toEqual([]));

  test("two keys of one ConfigMap are one finding", () => {
    const findings = found((seen) => {
      apiUrl("http://backend-servcie:8000")(seen);
      named(seen.around.configMaps, "frontend-config").data = {
        NEXT_PUBLIC_API_URL: "http://backend-servcie:8000",
        OTHER_URL: "http://backend-service:1",
      };
    });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.affected).toEqual([]);
    expect(findings[0]?.what).toMatch(/NEXT_PUBLIC_API_URL .*; OTHER_URL asks port 1/);
  });

  test("in the Deployment itself: the revision in which it was right is proposed", () => {
    const findings = found((seen) => {
      const right = structuredClone(templateOf(seen, "frontend"));
      const { containers } = templateOf(seen, "frontend");
      containers[0]?.env?.push(
        { name: "OTHER_URL", value: "http://backend-service:8000" },
        { name: "NEXT_PUBLIC_API_URL", value: "http://backend-servcie:8000/api" },
      );
      const { metadata } = named(seen.deployments, "frontend");
      if (metadata) metadata.annotations = { "deployment.kubernetes.io/revision": "4" };
      seen.replicaSets.push(
        replicaSet("frontend", "1", right),
        replicaSet("frontend", "3", structuredClone(templateOf(seen, "frontend"))),
        replicaSet("frontend", "4", structuredClone(templateOf(seen, "frontend"))),
      );
      seen.around.networkPolicies = [];
    });
    expect(findings).toMatchObject([
      {
        code: "TF1525",
        object: { kind: "Deployment", name: "frontend", container: "frontend" },
        proposals: [{ action: "rolloutUndo", deployment: "frontend", toRevision: 2 }],
      },
    ]);
    expect(findings[0]?.fix[0]).toBe(
      "kubectl --namespace todo-app set env deployment/frontend --containers frontend 'NEXT_PUBLIC_API_URL=http://backend-service:8000/api'",
    );
  });

  test("a password in the value is neither shown nor put into a command", () => {
    const [first] = found(apiUrl("postgres://app:hunter22@databse-service:5432/x"));
    expect(JSON.stringify(first)).not.toContain("hunter22");
    expect(first?.fix).toEqual(["kubectl --namespace todo-app get services", "npm run up"]);
  });

  test("orders and escapes in a value stay text of one line", () => {
    const [first] = found(apiUrl("http://backend-servcie:8000/\u001b[31mrun\u202ekubectl"));
    expect(first?.evidence[0]?.excerpt).toBe("NEXT_PUBLIC_API_URL: http://backend-servcie:8000/run kubectl");
    expect(first?.fix).toEqual(["kubectl --namespace todo-app get services", "npm run up"]);
  });

  test("a pod that crashes on the name follows from the configuration, its Service too", () => {
    const findings = found((seen) => {
      apiUrl("http://backend-servcie:8000/api")(seen);
      const bad = pod("frontend", { unready: 30 });
      bad.status = {
        ...bad.status,
        containerStatuses: [
          {
            name: "frontend",
            image: "x",
            imageID: "",
            ready: false,
            restartCount: 3,
            state: waiting("CrashLoopBackOff"),
            lastState: terminated(1),
          },
        ],
      };
      seen.pods = [bad, pod("backend")];
      seen.around.endpointSlices = [slice("backend-service", [true])];
      seen.logs = [log(bad, "frontend", "Error: getaddrinfo ENOTFOUND backend-servcie")];
    });
    expect(findings.map(({ code, causedBy }) => [code, causedBy?.code])).toEqual([
      ["TF1525", undefined],
      ["TF1501", "TF1525"],
      ["TF1522", "TF1501"],
    ]);
    expect(findings[0]?.blastRadius?.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
      "Deployment/frontend",
      "Service/frontend-service",
      "Ingress/frontend",
    ]);
  });

  test("a name that only a log tells of", () => {
    const [first] = found((seen) => {
      seen.logs = [log(seen.pods[1] ?? {}, "backend", "lookup reids-service on 10.96.0.10:53: no such host")];
      seen.around.services.push({
        metadata: { name: "redis-service", namespace: "todo-app" },
        spec: { ports: [{ port: 6379 }] },
      });
    });
    expect(first).toMatchObject({ code: "TF1525", object: { kind: "Pod", container: "backend" } });
    expect(first?.what).toContain("the nearest Service is redis-service");
  });
});

describe("F13 the cluster's DNS", () => {
  test("no ready endpoint: every pod that looks up names suffers, nothing is proposed", () => {
    const findings = found((seen) => {
      seen.around.clusterDns = [slice("kube-dns", [false])];
      seen.logs = [log(seen.pods[0] ?? {}, "frontend", "getaddrinfo EAI_AGAIN backend-service")];
    });
    expect(findings).toMatchObject([
      {
        code: "TF1526",
        confidence: "definite",
        object: { kind: "Service", namespace: "kube-system", name: "kube-dns" },
        evidence: [{ excerpt: "1 endpoint(s), 0 ready" }, { source: "log" }],
        blastRadius: [{ name: "frontend" }, { name: "backend" }],
      },
    ]);
    expect(findings[0]?.proposals).toBeUndefined();
    expect(findings[0]?.what).toContain("outside this namespace");
  });

  test("a DNS of another name, or ready ones among others, is well", () => {
    expect(
      found((seen) => {
        seen.around.clusterDns = [];
      }),
    ).toEqual([]);
    expect(
      found((seen) => {
        seen.around.clusterDns = [slice("kube-dns", [false, true])];
      }),
    ).toEqual([]);
  });

  test("a Service that is there and does not resolve is a warning, or another finding's evidence", () => {
    const line = "getaddrinfo EAI_AGAIN backend-service";
    const complain = (seen: Healthy) => {
      seen.logs = [log(seen.pods[0] ?? {}, "frontend", line)];
    };
    expect(found(complain)).toMatchObject([{ code: "TF1526", severity: "warning", confidence: "likely" }]);
    const blocked = found((seen) => {
      complain(seen);
      named(seen.around.networkPolicies, "frontend").spec = {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [{ ports: [{ port: 8000 }, { port: 5432 }] }],
      };
    });
    expect(blocked).toMatchObject([{ code: "TF1524", severity: "error", confidence: "definite" }]);
  });
});

describe("F13 dnsPolicy", () => {
  test("Default with a Service's name", () => {
    const findings = found((seen) => {
      const right = structuredClone(templateOf(seen, "frontend"));
      templateOf(seen, "frontend").dnsPolicy = "Default";
      seen.replicaSets.push(replicaSet("frontend", "1", right));
      seen.logs = [log(seen.pods[0] ?? {}, "frontend", "getaddrinfo ENOTFOUND backend-service")];
    });
    expect(findings).toMatchObject([
      {
        code: "TF1527",
        confidence: "definite",
        object: { kind: "Deployment", name: "frontend" },
        evidence: [{ excerpt: "dnsPolicy: Default" }, { source: "log" }],
        proposals: [{ action: "rolloutUndo", deployment: "frontend", toRevision: 1 }],
      },
    ]);
    expect(findings[0]?.fix[0]).toContain('"dnsPolicy":"ClusterFirst"');
  });

  test("the node's network makes ClusterFirst the node's; name servers of its own are nobody's business", () => {
    const onNode = found((seen) => {
      templateOf(seen, "frontend").hostNetwork = true;
    });
    expect(onNode[0]?.fix[0]).toContain("ClusterFirstWithHostNet");
    expect(
      found((seen) => {
        templateOf(seen, "frontend").dnsPolicy = "None";
        templateOf(seen, "frontend").dnsConfig = { nameservers: ["10.96.0.10"] };
      }),
    ).toEqual([]);
    expect(
      found((seen) => {
        templateOf(seen, "backend").dnsPolicy = "Default";
      }),
    ).toEqual([]);
  });
});

test.each<[string, string, object | undefined]>([
  ["API_URL", "http://backend-service:8000/api", { host: "backend-service", port: 8000 }],
  ["API_URL", "HTTPS://Backend-Service./x", { host: "backend-service", port: 443 }],
  [
    "DATABASE_URL",
    "postgresql+psycopg://u:p@db.todo-app:5432/x?sslmode=require",
    { host: "db.todo-app", port: 5432 },
  ],
  ["DATABASE_URL", "jdbc:postgresql://db/x", { host: "db" }],
  ["DATABASE_URL", "postgres://a,b/x", undefined],
  ["X", "redis.todo-app.svc", { host: "redis.todo-app.svc" }],
  ["REDIS_ADDR", "redis:6379", { host: "redis", port: 6379 }],
  ["IMAGE", "redis:7", undefined],
  ["PGHOST", "db", { host: "db" }],
  ["HOST", "db", undefined],
  ["API_URL", "http://10.0.0.1:80", undefined],
  ["API_URL", "http://[fd00::1]:80", undefined],
  ["API_URL", "http://$(HOST):80", undefined],
  ["API_URL", "http://a b", undefined],
  ["API_URL", "", undefined],
  ["API_URL", "http://under_score:80", undefined],
  ["API_URL", `http://${"a".repeat(3000)}`, undefined],
])("addressIn %s=%s", (name, value, expected) => expect(addressIn(name, value)).toEqual(expected));

test.each<[string, object | undefined]>([
  ["db", { service: "db", namespace: "ns", certain: false }],
  ["db.ns", { service: "db", namespace: "ns", certain: true }],
  ["db.other", { service: "db", namespace: "other", certain: false }],
  ["db.other.svc", { service: "db", namespace: "other", certain: true }],
  ["db-0.db.ns.svc.cluster.local", { service: "db", namespace: "ns", certain: true }],
  ["svc.ns.svc", { service: "svc", namespace: "ns", certain: true }],
  ["todo.example.com", undefined],
  ["localhost", undefined],
  ["10.0.0.1", undefined],
  ["no..dots", undefined],
])("serviceName %s", (host, expected) => expect(serviceName(host, "ns")).toEqual(expected));

test("distance counts what people slip on once, and names are compared without their ending", () => {
  expect(distance("servcie", "service")).toBe(1);
  expect(distance("kitten", "sitting")).toBe(3);
  expect(distance("", "abc")).toBe(3);
  expect(alike("backend", "backend-service")).toBe(true);
  expect(alike("backned", "backend")).toBe(true);
  expect(alike("frontend-service", "backend-service")).toBe(false);
  expect(alike("db", "da")).toBe(false);
  expect(nearest("backend-svc", ["frontend-service", "backend-service"])).toBe("backend-service");
  expect(nearest("api-a", ["api-b", "api-c"])).toBeUndefined();
});
