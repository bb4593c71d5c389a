/** The contract: names, ports, values, environment (docs/contracts/helm-values.md, docs/contracts/kubernetes-api.md). */
import { beforeAll, describe, expect, test } from "vitest";
import { components, type Rendered, render } from "./helm.ts";

let rendered: Rendered;
beforeAll(async () => {
  rendered = await render();
});

test("the defaults render the objects of the contract and no others", () => {
  expect(rendered.names()).toEqual([
    "ConfigMap/backend-config",
    "ConfigMap/frontend-config",
    "Deployment/backend",
    "Deployment/frontend",
    "Pod/todo-local-test-journey",
    "Service/backend-service",
    "Service/frontend-service",
    "ServiceAccount/backend",
    "ServiceAccount/frontend",
  ]);
});

test("literal secrets make the two Secrets of the contract", async () => {
  const { objects } = await render({
    values: {
      env: { databaseUrl: "postgresql://u:p@h/d", betterAuthSecret: "x".repeat(32), openaiApiKey: "sk-1" },
    },
  });
  expect(objects.filter(({ kind }) => kind === "Secret").map(({ metadata }) => metadata.name)).toEqual([
    "backend-secrets",
    "frontend-secrets",
  ]);
});

test("everything is in the release's namespace", () => {
  expect(new Set(rendered.objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["todo-app"]));
});

test("no hook but the test's: Pulumi drops hooks, so nothing that must run may be one", async () => {
  const { objects } = await render({ base: "everything" });
  const annotations = objects.flatMap(({ metadata }) => Object.entries(metadata.annotations ?? {}));
  // No delete policy: Helm would remove the pod before `helm test --logs` could read it, and fail.
  expect(annotations.filter(([name]) => name.startsWith("helm.sh/"))).toEqual([["helm.sh/hook", "test"]]);
});

describe.each(components)("%s", (component) => {
  test("pods carry app and the app.kubernetes.io labels, and the Deployment and Service select them", () => {
    const { selector, template } = rendered.get("Deployment", component).spec ?? {};
    const labels = {
      app: component,
      "app.kubernetes.io/name": "todo-app",
      "app.kubernetes.io/instance": "todo-local",
      "app.kubernetes.io/component": component,
    };
    expect(template?.metadata?.labels).toEqual(labels);
    expect(selector?.matchLabels).toEqual(labels);
    expect(rendered.get("Service", `${component}-service`).spec?.selector).toEqual(labels);
  });

  test("chart and app version are no labels of the pods, or every chart release would roll them", async () => {
    const template = rendered.get("Deployment", component).spec?.template;
    expect(JSON.stringify(template)).not.toMatch(/helm\.sh\/chart|app\.kubernetes\.io\/version/);
  });

  test("one replica, the contract's resources, the local image", () => {
    expect(rendered.get("Deployment", component).spec?.replicas).toBe(1);
    expect(rendered.container(component)).toMatchObject({
      image: `todo-${component}:local`,
      imagePullPolicy: "IfNotPresent",
      resources: { limits: { cpu: "500m", memory: "512Mi" }, requests: { cpu: "250m", memory: "256Mi" } },
    });
  });

  test("--set image.*.tag and replicaCount reach the Deployment", async () => {
    const changed = await render({
      values: { image: { [component]: { tag: "v1.1.0" } }, replicaCount: { [component]: 3 } },
    });
    expect(changed.container(component).image).toBe(`todo-${component}:v1.1.0`);
    expect(changed.get("Deployment", component).spec?.replicas).toBe(3);
  });

  test("a digest takes the place of the tag, in every container of the image", async () => {
    const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
    const changed = await render({ values: { image: { [component]: { digest } } } });
    const { containers, initContainers = [] } = changed.podSpec(component);
    for (const { image } of [...containers, ...initContainers])
      expect(image).toBe(`todo-${component}@${digest}`);
  });

  test("the values that the pods share reach them", async () => {
    const spec = (await render({ base: "everything" })).podSpec(component);
    expect(spec).toMatchObject({
      imagePullSecrets: [{ name: "registry" }],
      nodeSelector: { "kubernetes.io/os": "linux" },
      tolerations: [{ key: "dedicated", operator: "Equal", value: "web", effect: "NoSchedule" }],
      priorityClassName: "important",
      topologySpreadConstraints: [
        {
          maxSkew: 2,
          topologyKey: "topology.kubernetes.io/zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: { matchLabels: { app: component } },
          matchLabelKeys: ["pod-template-hash"],
        },
      ],
    });
    expect(Object.keys(spec.affinity ?? {})).toEqual([
      component === "frontend" ? "podAntiAffinity" : "nodeAffinity",
    ]);
  });
});

test("frontend-service is a NodePort on 3000 whose port the cluster chooses; dev fixes 30300", async () => {
  const spec = rendered.get("Service", "frontend-service").spec;
  expect(spec).toMatchObject({ type: "NodePort", ports: [{ port: 3000, targetPort: "http" }] });
  expect(spec?.ports?.[0]).not.toHaveProperty("nodePort");
  const dev = await render({ base: "dev" });
  expect(dev.get("Service", "frontend-service").spec?.ports?.[0]?.nodePort).toBe(30300);
});

test("a ClusterIP Service has no nodePort, which the API would refuse", async () => {
  const changed = await render({ base: "dev", values: { service: { frontend: { type: "ClusterIP" } } } });
  expect(changed.get("Service", "frontend-service").spec?.ports?.[0]).not.toHaveProperty("nodePort");
});

test("backend-service is a ClusterIP on 8000", () => {
  expect(rendered.get("Service", "backend-service").spec).toMatchObject({
    type: "ClusterIP",
    ports: [{ port: 8000, targetPort: "http" }],
  });
});

test("the named port of each Service is one that its container listens on", () => {
  for (const [component, port] of [
    ["frontend", 3000],
    ["backend", 8000],
  ] as const) {
    expect(rendered.container(component).ports).toEqual([{ name: "http", containerPort: port }]);
  }
});

test("the ConfigMaps hold the environment's plain part", () => {
  expect(rendered.get("ConfigMap", "frontend-config").data).toEqual({
    NEXT_PUBLIC_API_URL: "http://backend-service:8000/api",
    NEXT_PUBLIC_APP_URL: "http://localhost:3000",
    BETTER_AUTH_URL: "http://localhost:3000",
  });
  expect(rendered.get("ConfigMap", "backend-config").data).toEqual({
    FRONTEND_URL: "http://localhost:3000",
    AI_MODEL: "gpt-4o-mini",
  });
});

test("apiUrl follows the backend's port, unless it is given", async () => {
  const moved = await render({ values: { service: { backend: { port: 9000 } } } });
  expect(moved.get("ConfigMap", "frontend-config").data?.NEXT_PUBLIC_API_URL).toBe(
    "http://backend-service:9000/api",
  );
  const given = await render({ values: { env: { apiUrl: "http://api.example.com/api" } } });
  expect(given.get("ConfigMap", "frontend-config").data?.NEXT_PUBLIC_API_URL).toBe(
    "http://api.example.com/api",
  );
});

test("extraEnv is added to the one container", async () => {
  const changed = await render({ base: "everything" });
  expect(changed.container("frontend").env).toContainEqual({ name: "LOG_LEVEL", value: "debug" });
  expect(changed.container("backend").env).toContainEqual({
    name: "NODE_NAME",
    valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } },
  });
  expect(JSON.stringify(changed.podSpec("backend"))).not.toContain("LOG_LEVEL");
});

test("the Ingress leads to the frontend and serves TLS where a Secret is named", async () => {
  const plain = await render({ values: { ingress: { enabled: true } } });
  expect(plain.get("Ingress", "frontend").spec).toEqual({
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
  });
  const tls = await render({ base: "everything" });
  expect(tls.get("Ingress", "frontend").spec).toMatchObject({
    ingressClassName: "traefik",
    tls: [{ hosts: ["todo.example.com"], secretName: "todo-tls" }],
  });
});

test("the HTTPRoute leads to the frontend's port", async () => {
  const { spec } = (await render({ base: "everything" })).get("HTTPRoute", "frontend");
  expect(spec).toMatchObject({
    parentRefs: [{ name: "gateway", namespace: "gateways", sectionName: "https" }],
    hostnames: ["todo.example.com"],
    rules: [{ backendRefs: [{ name: "frontend-service", port: 80 }] }],
  });
});
