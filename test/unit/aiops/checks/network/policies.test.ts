/** F12: what the rules of networking.k8s.io/v1 let through, and what the app needs. */
import type { V1NetworkPolicy, V1NetworkPolicyPeer, V1NetworkPolicySpec } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { selects } from "../../../../../aiops/kagent/checks/network/labels.ts";
import {
  blocking,
  type Connection,
  type Direction,
} from "../../../../../aiops/kagent/checks/network/policies.ts";
import { log } from "../../support.ts";
import {
  codes,
  found,
  type Healthy,
  labelsOf,
  named,
  pod,
  policies,
  serviceOf,
  templateOf,
} from "./support.ts";

const policy = (spec: V1NetworkPolicySpec, name = "p"): V1NetworkPolicy => ({
  metadata: { name, namespace: "todo-app" },
  spec,
});
const connection: Connection = {
  from: { namespace: "todo-app", labels: { app: "frontend" }, ips: ["10.85.0.11"] },
  to: {
    namespace: "todo-app",
    labels: { app: "backend" },
    ips: ["10.85.0.12"],
    ports: [{ name: "http", containerPort: 8000 }],
  },
  port: 8000,
  protocol: "TCP",
};
const blocked = (specs: V1NetworkPolicySpec[], direction: Direction, one = connection): boolean =>
  blocking(
    specs.map((spec) => policy(spec)),
    one,
    direction,
  ).length > 0;
const backend = { podSelector: { matchLabels: { app: "backend" } } };
const frontend = { podSelector: { matchLabels: { app: "frontend" } } };
const from = (...peers: V1NetworkPolicyPeer[]): V1NetworkPolicySpec => ({
  ...backend,
  ingress: [{ _from: peers }],
});

describe("which policies count", () => {
  test.each<[string, V1NetworkPolicySpec[], boolean]>([
    ["none", [], false],
    [
      "one for other pods",
      [{ podSelector: { matchLabels: { app: "other" } }, policyTypes: ["Ingress"] }],
      false,
    ],
    ["one that denies all", [{ podSelector: {}, policyTypes: ["Ingress"] }], true],
    ["a selector left out takes all", [{ policyTypes: ["Ingress"] }], true],
    ["types left out mean ingress", [{ podSelector: {} }], true],
    ["egress only", [{ podSelector: {}, policyTypes: ["Egress"] }], false],
    ["rules add up", [{ podSelector: {} }, { ...backend, ingress: [{}] }], false],
  ])("ingress: %s", (_name, specs, expected) => expect(blocked(specs, "Ingress")).toBe(expected));

  test.each<[string, V1NetworkPolicySpec[], boolean]>([
    ["types left out and no egress rule", [{ podSelector: {} }], false],
    ["types left out and an egress rule", [{ podSelector: {}, egress: [{ ports: [{ port: 53 }] }] }], true],
    ["egress without rules", [{ podSelector: {}, policyTypes: ["Egress"] }], true],
    ["to the pods", [{ podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [backend] }] }], false],
  ])("egress: %s", (_name, specs, expected) => expect(blocked(specs, "Egress")).toBe(expected));

  test("only those of the pod's own namespace", () => {
    const other = { metadata: { name: "p", namespace: "other" }, spec: { podSelector: {} } };
    expect(blocking([other], connection, "Ingress")).toEqual([]);
  });
});

describe("peers", () => {
  const metadataName = (name: string) => ({ matchLabels: { "kubernetes.io/metadata.name": name } });
  test.each<[string, V1NetworkPolicySpec, boolean]>([
    ["the pods", from(frontend), false],
    ["other pods", from({ podSelector: { matchLabels: { app: "x" } } }), true],
    ["one of two", from({ podSelector: { matchLabels: { app: "x" } } }, frontend), false],
    ["all pods of all namespaces", from({ namespaceSelector: {} }), false],
    ["this namespace by name", from({ namespaceSelector: metadataName("todo-app") }), false],
    ["another namespace", from({ namespaceSelector: metadataName("other") }), true],
    [
      "this namespace, other pods",
      from({ namespaceSelector: metadataName("todo-app"), podSelector: { matchLabels: { app: "x" } } }),
      true,
    ],
    [
      "a namespace label that was not read",
      from({ namespaceSelector: { matchLabels: { team: "a" } } }),
      false,
    ],
    [
      "…with pods that are others in any case",
      from({ namespaceSelector: { matchLabels: { team: "a" } }, podSelector: { matchLabels: { app: "x" } } }),
      true,
    ],
    ["the address", from({ ipBlock: { cidr: "10.85.0.0/16" } }), false],
    ["another address", from({ ipBlock: { cidr: "192.168.0.0/16" } }), true],
    ["all addresses but this", from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.85.0.0/24"] } }), true],
    ["all addresses", from({ ipBlock: { cidr: "0.0.0.0/0" } }), false],
    ["IPv6 only", from({ ipBlock: { cidr: "fd00::/8" } }), true],
    ["an address that is no CIDR", from({ ipBlock: { cidr: "10.85.0.0" } }), false],
    ["a rule without peers", { ...backend, ingress: [{}] }, false],
  ])("%s", (_name, spec, expected) => expect(blocked([spec], "Ingress")).toBe(expected));

  test("an address that is not known is never held against anybody", () => {
    const unknown = { ...connection, from: { ...connection.from, ips: [] } };
    expect(blocked([from({ ipBlock: { cidr: "192.168.0.0/16" } })], "Ingress", unknown)).toBe(false);
  });
});

describe("ports", () => {
  const on = (...ports: object[]): V1NetworkPolicySpec => ({ ...backend, ingress: [{ ports }] });
  test.each<[string, V1NetworkPolicySpec, boolean]>([
    ["the number", on({ port: 8000 }), false],
    ["another", on({ port: 8001 }), true],
    ["a range", on({ port: 7000, endPort: 9000 }), false],
    ["a range that ends before", on({ port: 7000, endPort: 7999 }), true],
    ["the name", on({ port: "http" }), false],
    ["a name that the pod does not have", on({ port: "web" }), true],
    ["the other protocol", on({ port: 8000, protocol: "UDP" }), true],
    ["a protocol without a number", on({ protocol: "TCP" }), false],
    ["one of two", on({ port: 1 }, { port: 8000 }), false],
  ])("%s", (_name, spec, expected) => expect(blocked([spec], "Ingress")).toBe(expected));

  test("peer and port have to be in the same rule", () => {
    const spec = {
      ...backend,
      ingress: [
        { _from: [frontend], ports: [{ port: 1 }] },
        { _from: [backend], ports: [{ port: 8000 }] },
      ],
    };
    expect(blocked([spec], "Ingress")).toBe(true);
  });
});

test("selectors: expressions, and labels of which only a part is known", () => {
  const expression = (operator: string, values?: string[]) => ({
    matchExpressions: [{ key: "app", operator, ...(values ? { values } : {}) }],
  });
  expect(selects(expression("In", ["a", "b"]), { app: "b" })).toBe(true);
  expect(selects(expression("In", ["a"]), { app: "b" })).toBe(false);
  expect(selects(expression("NotIn", ["a"]), {})).toBe(true);
  expect(selects(expression("Exists"), {})).toBe(false);
  expect(selects(expression("DoesNotExist"), { app: "a" })).toBe(false);
  expect(selects(expression("DoesNotExist"), {}, true)).toBeUndefined();
  expect(selects({ matchLabels: { app: "a", tier: "b" } }, { app: "a" }, true)).toBeUndefined();
  expect(selects({ matchLabels: { app: "x", tier: "b" } }, { app: "a" }, true)).toBe(false);
});

describe("the app's paths", () => {
  const backendPolicy = (seen: Healthy): V1NetworkPolicySpec =>
    named(seen.around.networkPolicies, "backend").spec ?? {};

  test("a rule for misspelled clients: names policy and rule, proposes an addition, says that it may not be enforced", () => {
    const findings = found((seen) => {
      backendPolicy(seen).ingress = [
        { ports: [{ port: 8000 }], _from: [{ podSelector: { matchLabels: { app: "fronted" } } }] },
      ];
    });
    expect(findings).toMatchObject([
      {
        code: "TF1524",
        severity: "warning",
        confidence: "likely",
        object: { kind: "NetworkPolicy", name: "backend" },
        affected: [],
        evidence: [{ source: "spec", excerpt: "ingress: from pods app=fronted on 8000/TCP" }],
        proposals: [
          { action: "allowTraffic", from: labelsOf("frontend"), to: labelsOf("backend"), port: 8000 },
        ],
        blastRadius: [
          { kind: "Service", name: "backend-service" },
          { kind: "Deployment", name: "frontend" },
        ],
      },
    ]);
    expect(findings[0]?.what).toContain(
      "no ingress rule lets traffic through from Deployment frontend to port 8000",
    );
    expect(findings[0]?.what).toContain("bridge");
    expect(findings[0]?.fix[0]).toContain('"path":"/spec/ingress/-"');
  });

  test("a log that tells of the timeout makes it certain, by the Service's name or address", () => {
    for (const line of [
      "TypeError: fetch failed: connect ETIMEDOUT 10.96.0.22:8000",
      "backend-service timed out",
    ]) {
      const [first] = found((seen) => {
        backendPolicy(seen).ingress = [];
        seen.logs = [log(seen.pods[0] ?? {}, "frontend", line)];
      });
      expect(first).toMatchObject({ code: "TF1524", severity: "error", confidence: "definite" });
      expect(first?.evidence.at(-1)).toMatchObject({ source: "log", excerpt: line });
    }
    for (const other of ["connect ETIMEDOUT 10.85.0.121:443", "other-backend-service timed out"]) {
      const [first] = found((seen) => {
        backendPolicy(seen).ingress = [];
        seen.logs = [log(seen.pods[0] ?? {}, "frontend", other)];
      });
      expect(first?.confidence).toBe("likely");
    }
    const [unrelated] = found((seen) => {
      backendPolicy(seen).ingress = [];
      seen.logs = [log(seen.pods[0] ?? {}, "frontend", "connect ETIMEDOUT 1.2.3.4:443")];
    });
    expect(unrelated?.confidence).toBe("likely");
  });

  test("a policy that denies everything: the client's names, the DNS too, and both sides are told", () => {
    const findings = found((seen) => {
      seen.around.networkPolicies = [
        policy({ podSelector: {}, policyTypes: ["Ingress", "Egress"] }, "deny-all"),
      ];
    });
    expect(findings).toHaveLength(1);
    const [first] = findings;
    expect(first?.object.name).toBe("deny-all");
    expect(first?.what).toContain(
      "no egress rule lets traffic through from Deployment frontend to port 8000",
    );
    expect(first?.what).toContain("no ingress rule");
    expect(first?.what).toContain("from Deployment frontend to the cluster's DNS (port 53); and 1 more.");
    // The DNS would be blocked still.
    expect(first?.proposals ?? []).toEqual([]);
    expect(first?.fix).toEqual(expect.arrayContaining([expect.stringContaining('"path":"/spec/egress"')]));
  });

  test("of several policies the nearest is named, the others are affected", () => {
    const findings = found((seen) => {
      backendPolicy(seen).ingress = [
        { ports: [{ port: 8080 }], _from: [{ podSelector: { matchLabels: labelsOf("frontend") } }] },
      ];
      seen.around.networkPolicies.unshift(
        policy({ podSelector: {}, policyTypes: ["Ingress"] }, "a-default-deny"),
      );
    });
    expect(findings[0]).toMatchObject({
      object: { name: "backend" },
      affected: [{ name: "a-default-deny" }],
    });
  });

  test("DNS may be named by pods, by address, or by everything", () => {
    const dns = (rule: object) =>
      codes(
        found((seen) => {
          const spec = named(seen.around.networkPolicies, "frontend").spec ?? {};
          spec.egress = [{ to: [{ podSelector: {} }] }, rule];
        }),
      );
    const kubeSystem = { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } };
    const kubeDns = { matchLabels: { "k8s-app": "kube-dns" } };
    const udp = [{ port: 53, protocol: "UDP" }];
    expect(dns({ to: [{ namespaceSelector: kubeSystem, podSelector: kubeDns }], ports: udp })).toEqual([]);
    expect(dns({ to: [{ ipBlock: { cidr: "10.96.0.10/32" } }], ports: udp })).toEqual([]);
    expect(dns({})).toEqual([]);
    expect(dns({ to: [{ podSelector: kubeDns }], ports: udp })).toEqual(["TF1524"]);
    expect(dns({ ports: [{ port: 53 }] })).toEqual(["TF1524"]);
  });

  test("pods that look up no name, and pods on the node's network, need no rule", () => {
    expect(
      found((seen) => {
        const spec = templateOf(seen, "backend");
        spec.initContainers = [];
        for (const container of spec.containers) container.env = [];
        backendPolicy(seen).egress = [];
      }),
    ).toEqual([]);
    expect(
      found((seen) => {
        templateOf(seen, "frontend").hostNetwork = true;
        templateOf(seen, "frontend").dnsPolicy = "ClusterFirstWithHostNet";
        named(seen.around.networkPolicies, "frontend").spec = {
          podSelector: {},
          policyTypes: ["Egress"],
          egress: [{ ports: [{ port: 53, protocol: "UDP" }] }],
        };
        backendPolicy(seen).ingress = [];
      }),
    ).toEqual([]);
  });

  test("pods with name servers of their own do not ask the cluster's DNS", () => {
    expect(
      found((seen) => {
        templateOf(seen, "backend").dnsPolicy = "None";
        templateOf(seen, "backend").dnsConfig = { nameservers: ["9.9.9.9"] };
        backendPolicy(seen).egress = [];
      }),
    ).toEqual([]);
  });

  test("the frontend's path is known also where ConfigMaps may not be read", () => {
    const findings = found((seen) => {
      backendPolicy(seen).ingress = [];
      seen.around = { ...seen.around, configMaps: undefined as never };
    });
    expect(codes(findings)).toEqual(["TF1524"]);
  });

  test("a Service port that leads to a named target port is followed to its number", () => {
    expect(
      found((seen) => {
        serviceOf(seen, "backend").spec = {
          ...serviceOf(seen, "backend").spec,
          ports: [{ name: "http", port: 80, targetPort: "http" }],
        };
        named(seen.around.configMaps, "frontend-config").data = {
          NEXT_PUBLIC_API_URL: "http://backend-service/api",
        };
      }),
    ).toEqual([]);
  });

  test("pods of an older template are reached by other labels", () => {
    const findings = found((seen) => {
      const old = pod("backend", { id: "old", revision: "1" });
      old.metadata = { ...old.metadata, labels: { ...labelsOf("backend"), legacy: "yes" } };
      seen.pods.push(old);
      seen.around.networkPolicies.push(
        policy(
          { podSelector: { matchLabels: { legacy: "yes" } }, ingress: [{ ports: [{ port: 1 }] }] },
          "legacy",
        ),
        policies.frontend,
      );
      backendPolicy(seen).podSelector = { matchLabels: { app: "nobody" } };
    });
    expect(findings.map(({ object }) => object.name)).toEqual(["legacy"]);
  });
});
