/** F18: Ingress class, backend and host. */
import type { V1IngressBackend } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { codes, found, type Healthy, ingressClass, named } from "./support.ts";

const spec = (seen: Healthy) => named(seen.around.ingresses, "frontend").spec ?? {};
const backend = (seen: Healthy): V1IngressBackend => spec(seen).rules?.[0]?.http?.paths[0]?.backend ?? {};

test("a class that does not exist, and the one that was meant", () => {
  const findings = found((seen) => {
    spec(seen).ingressClassName = "ngnix";
  });
  expect(findings).toMatchObject([
    {
      code: "TF1528",
      severity: "error",
      confidence: "definite",
      object: { kind: "Ingress", name: "frontend" },
    },
  ]);
  expect(findings[0]?.what).toContain("its class ngnix does not exist (there is nginx)");
  expect(findings[0]?.fix[0]).toContain('"path":"/spec/ingressClassName","value":"nginx"');
});

test("a cluster without any class", () => {
  const [first] = found((seen) => {
    seen.around.ingressClasses = [];
  });
  expect(first?.what).toContain("the cluster has none");
});

test("without a class: the default's, an old annotation's, or perhaps nobody's", () => {
  const classless = (change: (seen: Healthy) => void) =>
    found((seen) => {
      delete spec(seen).ingressClassName;
      change(seen);
    });
  expect(classless(() => {})).toMatchObject([{ code: "TF1528", severity: "warning", confidence: "likely" }]);
  expect(
    classless((seen) => {
      seen.around.ingressClasses = [ingressClass("nginx", true)];
    }),
  ).toEqual([]);
  expect(
    classless((seen) => {
      named(seen.around.ingresses, "frontend").metadata = {
        name: "frontend",
        namespace: "todo-app",
        annotations: { "kubernetes.io/ingress.class": "nginx" },
      };
    }),
  ).toEqual([]);
});

test("a Service that does not exist, with a command for exactly that backend", () => {
  const [first] = found((seen) => {
    backend(seen).service = { name: "frontend", port: { name: "http" } };
  });
  expect(first?.what).toContain(
    "its backend Service frontend does not exist; the nearest is frontend-service",
  );
  expect(first?.fix[0]).toContain(
    '"path":"/spec/rules/0/http/paths/0/backend/service/name","value":"frontend-service"',
  );
});

test.each<[string, { name?: string; number?: number }]>([
  ["web", { name: "web" }],
  ["80", { number: 80 }],
])("port %s that the Service does not have", (shown, port) => {
  const [first] = found((seen) => {
    backend(seen).service = { name: "frontend-service", port };
  });
  expect(first?.what).toContain(`Service frontend-service has no port ${shown} (it has http=3000)`);
});

test("the default backend counts too; a resource backend is not looked at", () => {
  expect(
    codes(
      found((seen) => {
        spec(seen).defaultBackend = { service: { name: "gone", port: { number: 1 } } };
      }),
    ),
  ).toEqual(["TF1528"]);
  expect(
    found((seen) => {
      spec(seen).defaultBackend = { resource: { kind: "Bucket", name: "static" } };
    }),
  ).toEqual([]);
});

test("several problems of one Ingress are one finding", () => {
  const findings = found((seen) => {
    spec(seen).ingressClassName = "gone";
    backend(seen).service = { name: "frontend-service", port: { number: 80 } };
  });
  expect(findings).toHaveLength(1);
  expect(findings[0]?.affected).toEqual([]);
});

test("a host that is not the app's", () => {
  const findings = found((seen) => {
    for (const rule of spec(seen).rules ?? []) rule.host = "todo.example.com";
  });
  expect(findings).toMatchObject([
    {
      code: "TF1529",
      severity: "warning",
      confidence: "definite",
      object: { kind: "Ingress", name: "frontend" },
    },
  ]);
  expect(findings[0]?.what).toContain(
    "serves todo.example.com, but NEXT_PUBLIC_APP_URL and BETTER_AUTH_URL of ConfigMap frontend-config is for localhost",
  );
  expect(findings[0]?.fix[0]).toContain("todo.example.com");
});

test.each(["*.example.com", ""])("host %j stands for the app's", (host) => {
  expect(
    found((seen) => {
      for (const rule of spec(seen).rules ?? []) rule.host = host;
      named(seen.around.configMaps, "frontend-config").data = { BETTER_AUTH_URL: "https://todo.example.com" };
      seen.around.networkPolicies = [];
    }),
  ).toEqual([]);
});

test("a wildcard stands for one label only, and a URL in a Secret cannot be compared", () => {
  const withUrl = (url: string | undefined) =>
    codes(
      found((seen) => {
        for (const rule of spec(seen).rules ?? []) rule.host = "*.example.com";
        named(seen.around.configMaps, "frontend-config").data = url ? { BETTER_AUTH_URL: url } : {};
        seen.around.networkPolicies = [];
      }),
    );
  expect(withUrl("https://a.b.example.com")).toEqual(["TF1529"]);
  expect(withUrl("https://example.com")).toEqual(["TF1529"]);
  expect(withUrl(undefined)).toEqual([]);
});
