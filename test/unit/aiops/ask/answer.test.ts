import type { PodMetric, V1EndpointSlice, V1Service } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { answer } from "../../../../aiops/kagent/ask/answer.ts";
import { parseQuestion } from "../../../../aiops/kagent/ask/parse.ts";
import { topics } from "../../../../aiops/kagent/ask/words.ts";
import { diagnose } from "../../../../aiops/kagent/checks/index.ts";
import type { Snapshot } from "../../../../aiops/kagent/checks/types.ts";
import {
  deployment,
  event,
  log,
  namespace,
  pod,
  replicaSet,
  running,
  snapshot,
  terminated,
  waiting,
} from "../support.ts";

const MiB = (n: number) => `${n}Mi`;
const readyCondition = [{ type: "Ready", status: "True" }];

/** As the Services below name it. */
const ports = [{ name: "http", containerPort: 8000 }];

function well(app: string, memoryLimit = MiB(256)) {
  return pod({
    app,
    conditions: readyCondition,
    containers: [
      {
        name: app,
        ready: true,
        state: running(600),
        spec: { resources: { limits: { memory: memoryLimit, cpu: "500m" } }, ports },
      },
    ],
  });
}

const service = (name: string, app: string): V1Service => ({
  metadata: { name, namespace },
  spec: { type: "ClusterIP", selector: { app }, ports: [{ port: 8000, targetPort: "http" }] },
});

const slice = (name: string, ready: boolean[], ports = [{ port: 8000 }]): V1EndpointSlice => ({
  addressType: "IPv4",
  metadata: { name: `${name}-x`, labels: { "kubernetes.io/service-name": name } },
  endpoints: ready.map((one) => ({ addresses: ["10.0.0.1"], conditions: { ready: one } })),
  ports,
});

const metric = (name: string, container: string, memory: string, cpu = "10m"): PodMetric => ({
  metadata: { name, namespace, selfLink: "", creationTimestamp: "" },
  timestamp: "",
  window: "15s",
  containers: [{ name: container, usage: { memory, cpu } }],
});

const healthy = (): Snapshot =>
  snapshot({
    pods: [well("backend"), well("frontend")],
    deployments: [
      deployment("backend", { updated: 1, available: 1 }),
      deployment("frontend", { updated: 1, available: 1 }),
    ],
    replicaSets: [replicaSet("backend-1"), replicaSet("frontend-1", { app: "frontend" })],
    around: {
      services: [service("backend-service", "backend"), service("frontend-service", "frontend")],
      endpointSlices: [slice("backend-service", [true]), slice("frontend-service", [true])],
      podMetrics: [
        metric("backend-1-abcde", "backend", "125829120"),
        metric("frontend-1-abcde", "frontend", "215Mi"),
      ],
      networkPolicies: [],
      nodes: [{ metadata: { name: "taskflow" }, status: { conditions: readyCondition } }],
      claims: [],
      quotas: [],
      autoscalers: [],
      configMaps: [{ metadata: { name: "backend-config" }, data: { AI_MODEL: "canary-value" } }],
      secrets: [{ name: "backend-secrets" }],
    },
  });

const crashed = pod({
  containers: [
    {
      name: "backend",
      state: waiting("CrashLoopBackOff"),
      lastState: terminated(1),
      restarts: 3,
      spec: { ports },
    },
  ],
});

const crashing = (): Snapshot => ({
  ...healthy(),
  pods: [crashed, well("frontend")],
  deployments: [deployment("backend", { updated: 1 }), deployment("frontend", { updated: 1, available: 1 })],
  logs: [log(crashed, "backend", "starting", "ValueError: no such mode")],
});

/** The frontend serves, close to its memory limit. */
const near = (): Snapshot => {
  const of = healthy();
  of.around.podMetrics = [metric("frontend-1-abcde", "frontend", "240Mi")];
  return of;
};

const ask = (text: string, of: Snapshot) => answer(parseQuestion(text), of, diagnose(of));

describe("the plan's three questions", () => {
  test("Why is the backend pod crashing?", () => {
    const said = ask("Why is the backend pod crashing?", crashing());
    expect(said.summary).toContain("[TF1501]");
    expect(said.summary).toContain("exits soon after its start with code 1");
    expect(said.findings.map(({ code }) => code)).toEqual(["TF1501"]);
    expect(said.findings[0]?.evidence[0]?.excerpt).toContain("ValueError: no such mode");
    expect(said.findings[0]?.fix).toContain("npm run logs -- backend");
  });

  test("Show me all pods with high memory usage", () => {
    const said = ask("Show me all pods with high memory usage", healthy());
    // 215 of 256 MiB is 84 %; 120 of 256 is not high.
    expect(said.summary).toBe("High memory use (80 % of the limit or more): frontend-1-abcde.");
    expect(said.facts.map(({ text }) => text)).toEqual([
      "frontend-1-abcde/frontend: 215 MiB of 256 MiB (84 %)",
      "backend-1-abcde/backend: 120 MiB of 256 MiB (47 %)",
    ]);
    expect(said.facts[0]?.evidence).toMatchObject({ source: "metric", ref: "pod/frontend-1-abcde/frontend" });
  });

  test("memory use of which there is a finding", () => {
    const said = ask("Show me all pods with high memory usage", near());
    expect(said.summary).toBe(
      "High memory use (80 % of the limit or more): frontend-1-abcde. TF1531 is about it.",
    );
    expect(said.findings.map(({ code }) => code)).toEqual(["TF1531"]);
  });

  test("Is the backend service accessible?", () => {
    const said = ask("Is the backend service accessible?", healthy());
    expect(said.summary).toMatch(/^Yes, as far as the API shows: backend-service has 1 ready endpoint/);
    const of = crashing();
    of.around.endpointSlices = [slice("backend-service", [false])];
    const no = ask("Is the backend service accessible?", of);
    expect(no.summary).toMatch(
      /^No: backend-service has no ready endpoint, none of its pods is ready\..*\[TF1501\]/,
    );
  });
});

describe("a wrong premise is put right", () => {
  test("nothing crashes", () => {
    const said = ask("Why is the backend pod crashing?", healthy());
    expect(said.summary).toBe("No fault was found: 1 of 1 pod of backend is ready.");
    expect(said.findings).toEqual([]);
  });
  test("the other one crashes", () => {
    const said = ask("Why is the frontend crashing?", crashing());
    expect(said.summary).toContain("1 of 1 pod of frontend is ready");
    expect(said.summary).toContain("Elsewhere: TF1501 container keeps crashing (backend-1-abcde)");
  });
  test("it serves, and there is a warning", () => {
    const said = ask("Why is the frontend crashing?", near());
    expect(said.summary).toMatch(
      /^Only a warning was found, 1 of 1 pod of frontend is ready\. frontend-1-abcde: .*\[TF1531\]$/,
    );
  });
  test("there is no such component", () => {
    const said = ask("Why is the redis pod crashing?", crashing());
    expect(said.summary).toBe('Namespace todo-app has no "redis"; it has backend and frontend.');
  });
  test("there is nothing at all", () => {
    expect(ask("Is everything ok?", snapshot({})).summary).toContain("namespace todo-app has no pods");
    expect(ask("Why is the backend crashing?", snapshot({})).summary).toContain("nothing of an app is there");
  });
});

describe("what cannot be known is said, not guessed", () => {
  test("without metrics", () => {
    const of = {
      ...healthy(),
      notChecked: [{ what: "what pods use (metrics-server)", why: "the API server answered HTTP 404" }],
    };
    of.around.podMetrics = undefined as never;
    const said = ask("Show me all pods with high memory usage", of);
    expect(said.summary).toContain("is not known: the API server answered HTTP 404");
    expect(said.facts[0]?.text).toBe("backend-1-abcde/backend: memory limit 256 MiB");
    expect(said.notChecked).toHaveLength(1);
  });
  test("without Services or endpoints", () => {
    const of = healthy();
    delete of.around.endpointSlices;
    expect(ask("Is the backend service accessible?", of).summary).toContain("It is not known");
    delete of.around.services;
    expect(ask("Is the backend service accessible?", of).summary).toContain("It is not known");
  });
  test("a metric that is no quantity is left out", () => {
    const of = healthy();
    of.around.podMetrics = [metric("backend-1-abcde", "backend", "lots")];
    expect(ask("memory use?", of).summary).toContain("has no figures");
  });
});

describe("access", () => {
  test("endpoints without the port that the Service names", () => {
    const of = healthy();
    of.around.endpointSlices = [slice("backend-service", [true], [])];
    expect(ask("Is the backend reachable?", of).summary).toMatch(
      /^No: backend-service has no usable endpoint/,
    );
  });
  test("no Service", () => {
    const of = healthy();
    of.around.services = [];
    expect(ask("Is the backend reachable?", of).summary).toBe("No: backend has no Service.");
  });
});

describe("the database", () => {
  test("a ready backend speaks for it, with its limit", () => {
    expect(ask("Is the database reachable?", healthy()).summary).toMatch(
      /^Nothing speaks against it: 1 backend/,
    );
  });
  test("what the migration complains of", () => {
    const migrating = pod({
      init: [{ name: "migrate", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 2 }],
      containers: [{ name: "backend", state: waiting("PodInitializing") }],
    });
    const of = snapshot({
      pods: [migrating],
      deployments: [deployment("backend")],
      replicaSets: [replicaSet("backend-1")],
      logs: [log(migrating, "migrate", 'FATAL: password authentication failed for user "todo"')],
    });
    const said = ask("Can the backend reach the db?", of);
    expect(said.summary).toMatch(/^No: .*refuses the password of user "todo".*\[TF1414\]/);
    expect(said.findings.map(({ code }) => code)).toContain("TF1414");
  });
  test("neither ready nor complaining", () => {
    const of = snapshot({ pods: [pod({ containers: [{ name: "backend", state: running(1) }] })] });
    expect(ask("Is the database reachable?", of).summary).toMatch(/^It is not known/);
  });
});

describe("what runs", () => {
  test("images and replicas", () => {
    expect(ask("Which image does the backend run?", healthy()).summary).toBe(
      "backend runs todo-backend:v1.0.0-0123456789ab.",
    );
    expect(ask("How many replicas does the backend have?", crashing()).summary).toBe(
      "backend has 0 of 1 replica ready.",
    );
  });
  test("what the last rollout changed: the image by name, of the environment only that it changed", () => {
    const of = healthy();
    const container = (image: string, value: string) => ({
      spec: { containers: [{ name: "backend", image, env: [{ name: "MODE", value }] }] },
    });
    const [old, now] = [replicaSet("backend-1"), replicaSet("backend-2", { revision: "2" })];
    if (old.spec) old.spec.template = container("todo-backend:a", "x");
    if (now.spec) now.spec.template = container("todo-backend:b", "canary-value");
    of.replicaSets = [old, now];
    const [fact] = ask("What changed in the last rollout of the backend?", of).facts;
    expect(fact?.text).toContain("image from todo-backend:a to todo-backend:b");
    expect(fact?.text).toContain("backend's env");
    expect(fact?.text).not.toContain("canary-value");
  });
  test("the rollout's state", () => {
    expect(ask("Is the rollout done?", healthy()).summary).toBe(
      "The rollout is complete: backend 1/1, frontend 1/1.",
    );
    expect(ask("Is the rollout done?", crashing()).summary).toMatch(
      /^The rollout is not complete: backend 0\/1 \(CrashLoopBackOff\).*\[TF1501\]/,
    );
  });
  test("restarts", () => {
    expect(ask("Which pods restarted?", crashing()).summary).toBe("Restarted: backend-1-abcde (3).");
    expect(ask("Which pods restarted?", healthy()).summary).toContain("No container");
  });
});

describe("what is said", () => {
  test("errors in logs, quoted", () => {
    const said = ask("Are there errors in the backend logs?", crashing());
    expect(said.summary).toBe("Yes, of 2 lines read: 1 line of backend-1-abcde/backend.");
    expect(said.facts[0]?.evidence).toMatchObject({ source: "log", excerpt: "ValueError: no such mode" });
  });
  test("no log read is not the same as no error", () => {
    expect(ask("Are there errors in the logs?", healthy()).summary).toBe(
      "No log of namespace todo-app was read.",
    );
    const of = { ...healthy(), logs: [log(well("backend"), "backend", "GET /health 200")] };
    expect(ask("Are there errors in the logs?", of).summary).toMatch(/^No: the last 1 line of 1 log/);
  });
  test("events, the newest first, cleaned", () => {
    const of = crashing();
    of.events = [
      event(crashed, "BackOff", "old", { before: 60 }),
      event(crashed, "Unhealthy", "\u001b[31mprobe failed password=hunter2", { before: 1 }),
    ];
    const said = ask("Show me the recent events", of);
    expect(said.facts.map(({ evidence }) => evidence.excerpt)).toEqual(["probe failed password=***", "old"]);
  });
  test("configuration by name, never by value", () => {
    const said = ask("Is any configuration missing?", healthy());
    expect(JSON.stringify(said)).toContain("backend-secrets");
    expect(JSON.stringify(said)).not.toContain("canary-value");
  });
});

describe("what mends it", () => {
  test("commands of the root cause", () => {
    expect(ask("How do I fix the backend?", crashing()).commands).toEqual(["npm run logs -- backend"]);
    expect(ask("How do I fix the backend?", healthy()).summary).toMatch(
      /^Nothing was found that needs mending/,
    );
  });
  test("back to the deployment before", () => {
    expect(ask("How do I roll back?", crashing()).commands).toContain("npm run rollback");
  });
});

describe.each([
  ["healthy", healthy],
  ["crashing", crashing],
  ["empty", () => snapshot({})],
] as const)("every kind of question has an answer: %s", (_name, make) => {
  test.each(Object.values(topics).map(({ example }) => example))("%s", (example) => {
    const of = make();
    const said = ask(example, of);
    expect(said.summary).toMatch(/\S.*[.!]/);
    expect(said.summary).not.toMatch(/undefined|NaN|\[object/);
    for (const { text, evidence } of said.facts) {
      expect(text).not.toMatch(/undefined|NaN|\[object/);
      expect(evidence.ref).toMatch(/^\w+\/\S+/);
    }
    // Nothing but the snapshot decides.
    expect(ask(example, of)).toEqual(said);
  });
});

test("a namespace of 2000 pods takes no longer than its size", () => {
  const time = (pods: number) => {
    const many = Array.from({ length: pods }, (_, index) =>
      pod({
        name: `backend-1-${index}`,
        containers: [
          { name: "backend", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 3 },
        ],
      }),
    );
    const of = snapshot({
      pods: many,
      deployments: [deployment("backend")],
      replicaSets: [replicaSet("backend-1")],
    });
    const findings = diagnose(of);
    expect(findings[0]?.affected).toHaveLength(pods - 1);
    const begin = performance.now();
    for (const { example } of Object.values(topics)) answer(parseQuestion(example), of, findings);
    return performance.now() - begin;
  };
  time(200);
  // All of the questions together; quadratic would be a hundred times as long.
  expect(time(2_000)).toBeLessThan(30 * time(200) + 50);
});
