/** F08 and its like: one root cause for all that follow from it. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../aiops/kagent/checks/index.ts";
import type { Finding, Snapshot } from "../../../../aiops/kagent/checks/types.ts";
import { type ContainerFacts, event, log, pod, running, snapshot, terminated, waiting } from "../support.ts";
import { ready, service } from "../surroundings.ts";

const env = [{ name: "DATABASE_URL", valueFrom: { secretKeyRef: { name: "s", key: "DATABASE_URL" } } }];
const unready503 = "Readiness probe failed: HTTP probe failed with statuscode: 503";

const app = (name: string, facts: Partial<ContainerFacts> = {}) =>
  pod({
    app: name,
    containers: [
      {
        name,
        state: running(20),
        spec: { env, readinessProbe: { httpGet: { path: "/ready", port: 80 } } },
        ...facts,
      },
    ],
    ...(facts.ready ? { conditions: [ready] } : {}),
  });

const chain = (found: Finding[]) =>
  found.map(({ code, object, causedBy }) => [
    code,
    object.name,
    causedBy && `${causedBy.code} ${causedBy.object.name}`,
  ]);

const cannot = (cause: string, host = "db:5432/todo") =>
  `WARNING not ready reason=cannot connect to PostgreSQL at ${host} as app: ${cause}`;

describe("the database", () => {
  const backend = app("backend");
  const frontend = app("frontend");
  const events = [backend, frontend].map((one) =>
    event(one, "Unhealthy", unready503, { container: one.metadata?.labels?.app as string }),
  );
  const failing = (facts: Partial<Snapshot> = {}, line = cannot("connection refused")) =>
    chain(
      diagnose(
        snapshot({ pods: [backend, frontend], events, logs: [log(backend, "backend", line)], ...facts }),
      ),
    );

  test("backend and frontend fail on it: one root, which says what the log says", () => {
    expect(failing()).toEqual([
      ["TF1412", "backend-1-abcde", undefined],
      ["TF1507", "frontend-1-abcde", "TF1412 backend-1-abcde"],
    ]);
  });

  test("it runs here and is not well: it is the root", () => {
    const postgres = pod({
      app: "postgres",
      containers: [
        {
          name: "postgres",
          state: waiting("CrashLoopBackOff"),
          lastState: terminated(1),
          restarts: 4,
          spec: { image: "postgres:17" },
        },
      ],
    });
    expect(failing({ pods: [backend, frontend, postgres] })).toEqual([
      ["TF1501", "postgres-1-abcde", undefined],
      ["TF1412", "backend-1-abcde", "TF1501 postgres-1-abcde"],
      ["TF1507", "frontend-1-abcde", "TF1501 postgres-1-abcde"],
    ]);
  });

  test("it is not well, but the password is wrong all the same: two roots", () => {
    const postgres = pod({
      app: "db",
      containers: [{ name: "postgres", state: waiting("ErrImageNeverPull"), spec: { image: "postgres:x" } }],
    });
    const found = failing({ pods: [backend, postgres] }, cannot("password authentication failed"));
    expect(found).toEqual([
      ["TF1414", "backend-1-abcde", undefined],
      ["TF1503", "db-1-abcde", undefined],
    ]);
  });

  test("another pod's trouble is not taken for it", () => {
    const other = pod({
      app: "mail",
      containers: [
        { name: "mail", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 4 },
      ],
    });
    expect(failing({ pods: [backend, other] }).map(([, , cause]) => cause)).toEqual([undefined, undefined]);
  });

  test("two databases are two causes", () => {
    const crash = (name: string, host: string) => {
      const one = app(name, { state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 3 });
      return { one, tail: log(one, name, cannot("connection refused", host)) };
    };
    const [a, b, c] = [crash("a", "one:5432/x"), crash("b", "two:5432/x"), crash("c", "one:5432/x")];
    const found = diagnose(snapshot({ pods: [a.one, b.one, c.one], logs: [a.tail, b.tail, c.tail] }));
    expect(chain(found)).toEqual([
      ["TF1412", "a-1-abcde", undefined],
      ["TF1412", "b-1-abcde", undefined],
      ["TF1412", "c-1-abcde", "TF1412 a-1-abcde"],
    ]);
  });

  test("an outage while all are ready: from what they log, joined", () => {
    const [api, web] = [app("backend", { ready: true }), app("frontend", { ready: true })];
    const logs = [
      log(api, "backend", "WARNING database unavailable error=OperationalError"),
      log(
        web,
        "frontend",
        "ERROR The session could not be looked up. cause=connect ECONNREFUSED 10.0.0.5:5432",
      ),
    ];
    const found = diagnose(snapshot({ pods: [api, web], logs }));
    expect(found[0]).toMatchObject({ code: "TF1412", severity: "error", confidence: "likely" });
    expect(chain(found)).toEqual([
      ["TF1412", "frontend-1-abcde", undefined],
      ["TF1401", "backend-1-abcde", "TF1412 frontend-1-abcde"],
    ]);
  });

  test("what was answered since shows that it is over", () => {
    const api = app("backend", { ready: true });
    const lines = [
      "WARNING database unavailable error=OperationalError",
      "INFO request path=/api/tasks status=200",
    ];
    expect(diagnose(snapshot({ pods: [api], logs: [log(api, "backend", ...lines)] }))).toEqual([]);
  });
});

test("a database's own log, which tells of its clients, is no error of its own", () => {
  const line = 'FATAL:  password authentication failed for user "app"';
  const serves = pod({
    app: "postgres",
    containers: [{ name: "postgres", state: running(90), ready: true, spec: { image: "postgres:17" } }],
  });
  expect(diagnose(snapshot({ pods: [serves], logs: [log(serves, "postgres", line)] }))).toEqual([]);
  const crashed = pod({
    app: "postgres",
    containers: [
      { name: "postgres", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 4 },
    ],
  });
  expect(diagnose(snapshot({ pods: [crashed], logs: [log(crashed, "postgres", line)] }))[0]?.code).toBe(
    "TF1501",
  );
});

describe("calls between the app's parts", () => {
  const web = app("frontend", { ready: true });
  const line = "ERROR The backend could not be called. error=TypeError causeCode=ECONNREFUSED";
  const crashed = app("backend", {
    state: waiting("CrashLoopBackOff"),
    lastState: terminated(1),
    restarts: 3,
  });
  const calling = (facts: Partial<Snapshot>, said = line) =>
    chain(diagnose(snapshot({ logs: [log(web, "frontend", said)], ...facts })));

  test("the frontend's errors follow from the backend's", () => {
    expect(calling({ pods: [web, crashed] })).toEqual([
      ["TF1501", "backend-1-abcde", undefined],
      ["TF1545", "frontend-1-abcde", "TF1501 backend-1-abcde"],
    ]);
  });

  test("the Service's address is as good as a name", () => {
    const around = { services: [service("backend-service", { app: "backend" }, "10.96.0.7")] };
    expect(calling({ pods: [web, crashed], around }, "Error: connect ECONNREFUSED 10.96.0.7:8000")).toEqual([
      ["TF1501", "backend-1-abcde", undefined],
      ["TF1522", "backend-service", "TF1501 backend-1-abcde"],
      ["TF1545", "frontend-1-abcde", "TF1501 backend-1-abcde"],
    ]);
  });

  test("over three steps: frontend, backend, database", () => {
    const logs = [log(web, "frontend", line), log(crashed, "backend", cannot("connection refused"))];
    const postgres = pod({
      app: "postgres",
      containers: [{ name: "postgres", state: waiting("ErrImageNeverPull"), spec: { image: "postgres:17" } }],
    });
    expect(chain(diagnose(snapshot({ pods: [web, crashed, postgres], logs })))).toEqual([
      ["TF1503", "postgres-1-abcde", undefined],
      ["TF1412", "backend-1-abcde", "TF1503 postgres-1-abcde"],
      ["TF1545", "frontend-1-abcde", "TF1412 backend-1-abcde"],
    ]);
  });

  test("a backend that is ready again: the lines are of the past", () => {
    expect(calling({ pods: [web, app("backend", { ready: true })] })).toEqual([]);
  });
});

test("an init container that waits for a Service follows from what keeps its pods down", () => {
  const waits = pod({
    init: [
      {
        name: "wait",
        state: running(60),
        spec: { command: ["sh", "-c", "until nc -z cache 6379; do sleep 1; done"] },
      },
    ],
    containers: [{ name: "backend", state: waiting("PodInitializing") }],
  });
  const cache = pod({
    app: "redis",
    containers: [
      { name: "redis", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 4 },
    ],
  });
  const around = { services: [service("cache", { app: "redis" })] };
  expect(chain(diagnose(snapshot({ pods: [waits, cache], around })))).toEqual([
    ["TF1501", "redis-1-abcde", undefined],
    ["TF1522", "cache", "TF1501 redis-1-abcde"],
    ["TF1536", "backend-1-abcde", "TF1501 redis-1-abcde"],
  ]);
});

test("two that wait for each other: one of them is the root, not neither", () => {
  const waits = (app: string, host: string) =>
    pod({
      app,
      init: [{ name: "wait", state: running(60), spec: { command: ["nc", "-z", host, "80"] } }],
      containers: [{ name: app, state: waiting("PodInitializing") }],
    });
  const around = { services: [service("a", { app: "a" }), service("b", { app: "b" })] };
  expect(chain(diagnose(snapshot({ pods: [waits("a", "b"), waits("b", "a")], around })))).toEqual([
    ["TF1536", "b-1-abcde", undefined],
    ["TF1522", "a", "TF1536 a-1-abcde"],
    ["TF1522", "b", "TF1536 b-1-abcde"],
    ["TF1536", "a-1-abcde", "TF1536 b-1-abcde"],
  ]);
});
