/** What a rollout, a drain and an autoscaler find in the chart. */
import { describe, expect, test } from "vitest";
import { components, refusal, render } from "./helm.ts";

describe.each(components)("%s", (component) => {
  const base = component === "frontend" ? "/api/health" : "/health";

  test("a new pod is Ready before an old one goes", async () => {
    const spec = (await render()).get("Deployment", component).spec;
    expect(spec).toMatchObject({
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      minReadySeconds: 2,
      progressDeadlineSeconds: 180,
      revisionHistoryLimit: 5,
    });
  });

  test("probes ask the service's own health paths; liveness and readiness differ", async () => {
    const container = (await render()).container(component);
    const path = { live: `${base}/live`, ready: `${base}/ready` };
    expect(container.startupProbe).toMatchObject({
      httpGet: { path: path.live, port: "http" },
      periodSeconds: 1,
      failureThreshold: 120,
    });
    expect(container.livenessProbe).toMatchObject({
      httpGet: { path: path.live, port: "http" },
      periodSeconds: 10,
    });
    expect(container.readinessProbe).toMatchObject({
      httpGet: { path: path.ready, port: "http" },
      periodSeconds: 2,
    });
  });

  test("each number of a probe can be set alone", async () => {
    const rendered = await render({
      values: { probes: { [component]: { startup: { failureThreshold: 300 } } } },
    });
    expect(rendered.container(component).startupProbe).toEqual({
      httpGet: { path: `${base}/live`, port: "http" },
      periodSeconds: 1,
      timeoutSeconds: 2,
      failureThreshold: 300,
    });
  });

  test("an ending pod goes on serving for preStopSleepSeconds, within its grace period", async () => {
    const rendered = await render();
    expect(rendered.container(component).lifecycle?.preStop).toEqual({ sleep: { seconds: 5 } });
    expect(rendered.podSpec(component).terminationGracePeriodSeconds).toBe(30);
    const off = await render({ values: { rollout: { preStopSleepSeconds: 0 } } });
    expect(off.container(component)).not.toHaveProperty("lifecycle");
  });

  test("below Kubernetes 1.30 the image's own interpreter sleeps", async () => {
    const rendered = await render({ kubeVersion: "1.29.4", values: { rollout: { preStopSleepSeconds: 7 } } });
    const command = rendered.container(component).lifecycle?.preStop?.exec?.command ?? [];
    expect(command[0]).toBe(component === "frontend" ? "/usr/local/bin/node" : "/app/.venv/bin/python");
    expect(command[2]).toMatch(component === "frontend" ? /7000/ : /sleep\(7\)/);
  });

  test("a change of the ConfigMap rolls the pods, a change of a Service does not", async () => {
    const checksum = async (values: object) =>
      (await render({ values })).podAnnotations(component)["checksum/config"];
    const before = await checksum({});
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(await checksum({ env: { appUrl: "http://localhost:3001" } })).not.toBe(before);
    expect(await checksum({ service: { [component]: { annotations: { a: "b" } } } })).toBe(before);
  });

  test("podAnnotations are added", async () => {
    const rendered = await render({ base: "everything" });
    expect(rendered.podAnnotations(component)["example.com/pod"]).toBe("yes");
  });

  test("the autoscaler owns the replicas, so the Deployment says none", async () => {
    const rendered = await render({
      values: { autoscaling: { [component]: { enabled: true, minReplicas: 2 } } },
    });
    expect(rendered.get("Deployment", component).spec).not.toHaveProperty("replicas");
    expect(rendered.get("HorizontalPodAutoscaler", component).spec).toEqual({
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: component },
      minReplicas: 2,
      maxReplicas: 3,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
        },
      ],
    });
    const other = component === "frontend" ? "backend" : "frontend";
    expect(rendered.get("Deployment", other).spec?.replicas).toBe(1);
  });

  test.each([
    ["one replica", {}, false],
    ["two replicas", { replicaCount: { [component]: 2 } }, true],
    [
      "two replicas, switched off",
      { replicaCount: { [component]: 2 }, podDisruptionBudget: { enabled: false } },
      false,
    ],
    [
      "an autoscaler that may go down to one",
      { autoscaling: { [component]: { enabled: true } }, replicaCount: { [component]: 3 } },
      false,
    ],
    [
      "an autoscaler that keeps two",
      { autoscaling: { [component]: { enabled: true, minReplicas: 2 } } },
      true,
    ],
  ])("disruption budget with %s: %o", async (_, values, wanted) => {
    const names = (await render({ values })).names();
    expect(names.includes(`PodDisruptionBudget/${component}`)).toBe(wanted);
  });

  test("the disruption budget selects the Deployment's pods and lets one go at a time", async () => {
    const rendered = await render({ base: "prod" });
    expect(rendered.get("PodDisruptionBudget", component).spec).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: rendered.get("Deployment", component).spec?.selector,
    });
  });
});

test("the schema is migrated by the backend's own image before it serves", async () => {
  const { initContainers = [] } = (await render()).podSpec("backend");
  expect(initContainers).toMatchObject([
    {
      name: "migrate",
      image: "todo-backend:local",
      command: ["/app/.venv/bin/python", "-m", "app.migrate"],
      resources: { requests: { cpu: "250m", memory: "256Mi" } },
    },
  ]);
});

test.each([
  [
    { rollout: { preStopSleepSeconds: 30 } },
    "rollout: terminationGracePeriodSeconds 30 must be above preStopSleepSeconds 30",
  ],
  [
    { rollout: { minReadySeconds: 180 } },
    "rollout: progressDeadlineSeconds 180 must be above minReadySeconds 180",
  ],
  [
    { autoscaling: { backend: { minReplicas: 3, maxReplicas: 2 } } },
    "autoscaling.backend: minReplicas 3 is above maxReplicas 2",
  ],
  [{ httpRoute: { enabled: true } }, "httpRoute.parentRefs: name at least one Gateway"],
  [
    { extraEnv: { frontend: [{ name: "BETTER_AUTH_URL", value: "x" }] } },
    "extraEnv.frontend: BETTER_AUTH_URL is set by env.appUrl",
  ],
])("%j contradicts itself", async (values, message) => {
  expect(await refusal({ values })).toContain(message);
});

test("a Kubernetes older than the chart supports is refused", async () => {
  expect(await refusal({ kubeVersion: "1.27.9" })).toContain(">=1.28.0-0");
});
