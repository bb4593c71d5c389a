/** Checks of what apps say in their logs, and of init containers that wait. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../aiops/kagent/checks/index.ts";
import type { Snapshot } from "../../../../aiops/kagent/checks/types.ts";
import { log, pod, replicaSet, running, snapshot, terminated, waiting } from "../support.ts";
import { node, secret, service } from "../surroundings.ts";

const secretEnv = (name: string, key: string) => ({
  env: [{ name: key, valueFrom: { secretKeyRef: { name, key } } }],
});

/** A container that is ready, and what it logs. */
function saying(lines: string[], facts: object = {}, rest: Partial<Snapshot> = {}) {
  const made = pod({ containers: [{ name: "backend", state: running(600), ready: true, ...facts }] });
  const logs = [log(made, "backend", ...lines)];
  return diagnose(snapshot({ pods: [made], logs, replicaSets: [replicaSet("backend-1")], ...rest }));
}

describe("F17: the Kubernetes API refuses", () => {
  const line =
    'pods is forbidden: User "system:serviceaccount:todo-app:reader" cannot list resource "pods" in API group "" in the namespace "todo-app"';

  test("names verb, resource and account, and the command that shows it", () => {
    const [found] = saying([line]);
    expect(found).toMatchObject({
      code: "TF1535",
      severity: "warning",
      what: "backend may not list pods in namespace todo-app: its service account todo-app/reader has no such right.",
      fix: ["kubectl auth can-i list pods --as system:serviceaccount:todo-app:reader --namespace todo-app"],
    });
  });

  test("it is the cause where the container crashes of it", () => {
    const found = saying([line], {
      state: waiting("CrashLoopBackOff"),
      lastState: terminated(1),
      ready: false,
      restarts: 3,
    });
    expect(found.map(({ code, causedBy }) => [code, causedBy?.code])).toEqual([
      ["TF1535", undefined],
      ["TF1501", "TF1535"],
    ]);
  });

  test("a log can't put words of its own into the command", () => {
    expect(saying(['x is forbidden: User "a; rm -rf ~" cannot list resource "pods"'])).toEqual([]);
    expect(saying(['x is forbidden: User "a" cannot list resource "$(reboot)"'])).toEqual([]);
  });
});

describe("F20: an init container hangs", () => {
  const hanging = (
    script: string,
    seconds: number,
    around: Snapshot["around"] = {},
    name = "wait",
    lines: string[] = [],
  ) => {
    const made = pod({
      init: [{ name, state: running(seconds), spec: { command: ["sh", "-c", script] } }],
      containers: [{ name: "backend", state: waiting("PodInitializing") }],
    });
    // The Service in some of them has no pods, which is a finding of its own.
    return diagnose(snapshot({ pods: [made], around, logs: [log(made, name, ...lines)] })).find(
      ({ code }) => code !== "TF1520",
    );
  };
  const services = [service("postgres", { app: "postgres" })];

  test("waits for a Service that is not there", () => {
    const found = hanging("until nslookup mydb; do sleep 2; done", 45, { services });
    expect(found).toMatchObject({ code: "TF1536", confidence: "definite" });
    expect(found?.what).toBe(
      'init container wait has run for 45 s and does not end: it waits for "mydb", and there is no Service of that name.',
    );
  });

  test.each([
    ["nc -z -w 2 postgres 5432", '"postgres"'],
    ["until pg_isready -h postgres; do sleep 1; done", '"postgres"'],
    ["wget -qO- http://db.other/health", '"db.other"'],
    ["sleep infinity", "starts only after it"],
  ])("%s", (script, text) => {
    const found = hanging(script, 45, { services });
    expect(found).toMatchObject({ code: "TF1536", confidence: "likely" });
    expect(found?.what).toContain(text);
  });

  test("not before half a minute; a migration gets longer", () => {
    expect(hanging("sleep 60", 20)).toBeUndefined();
    expect(hanging("migrate", 100, {}, "migrate")).toBeUndefined();
    expect(hanging("migrate", 130, {}, "migrate")?.code).toBe("TF1536");
  });

  test("its log says that the database is why", () => {
    expect(hanging("wait", 45, {}, "wait", ["postgres: connection refused"])?.code).toBe("TF1412");
  });
});

describe("F22: expired", () => {
  test("certificate", () => {
    expect(
      saying([
        "x509: certificate has expired or is not yet valid: current time 2026-11-23T17:00:00Z is after",
      ])[0],
    ).toMatchObject({ code: "TF1537", severity: "warning" });
    expect(saying(["fetch failed code=CERT_HAS_EXPIRED"])[0]?.code).toBe("TF1537");
  });

  test("tokens: single ones are users' sessions", () => {
    const line = "ERROR upstream said 401: jwt expired";
    expect(saying([line, line, "INFO x"])).toEqual([]);
    expect(saying([line, line, line])[0]).toMatchObject({ code: "TF1538", confidence: "likely" });
  });
});

describe("F24: a Secret changed after the container started", () => {
  const refused = 'ERROR Better Auth failed. detail=password authentication failed for user "app" code=28P01';
  const rotated = (seconds: number, lines = [refused], runs = 600) =>
    saying(
      lines,
      { spec: secretEnv("backend-secrets", "DATABASE_URL"), state: running(runs) },
      {
        around: {
          secrets: [secret("backend-secrets", ["DATABASE_URL"], seconds), secret("other", ["A"], 1)],
        },
      },
    );

  test("is the cause of the refused password, and a restart takes the new value up", () => {
    const found = rotated(60);
    expect(found.map(({ code, causedBy }) => [code, causedBy?.code])).toEqual([
      ["TF1542", undefined],
      ["TF1414", "TF1542"],
    ]);
    expect(found[0]).toMatchObject({
      confidence: "definite",
      proposals: [{ action: "rolloutRestart", deployment: "backend" }],
      fix: ["kubectl --namespace todo-app rollout restart deployment backend"],
    });
    expect(found[0]?.what).toContain("old values of Secret backend-secrets");
  });

  test("not where the container started later, nor where nothing is refused", () => {
    expect(rotated(700).map(({ code }) => code)).toEqual(["TF1414"]);
    expect(rotated(60, ["INFO request status=200"])).toEqual([]);
  });
});

describe("F25: another architecture", () => {
  const nodes = [node("taskflow", { architecture: "arm64" })];

  test("as the runtime says it", () => {
    const message = 'exec: "/app": exec format error: unknown';
    const lastState = { terminated: { exitCode: 128, reason: "StartError", message } };
    const [found] = saying(
      [],
      { state: waiting("CrashLoopBackOff"), lastState, ready: false, restarts: 1 },
      { around: { nodes } },
    );
    expect(found).toMatchObject({ code: "TF1513" });
    expect(found?.what).toBe(
      "backend cannot start: the image is built for another CPU architecture than the node's (arm64).",
    );
  });

  test("as the log says it", () => {
    const [found] = saying(
      ["exec /app/server: exec format error"],
      { state: terminated(1), ready: false },
      { around: { nodes } },
    );
    expect(found).toMatchObject({ code: "TF1513", confidence: "definite" });
    expect(found?.what).toContain("(arm64)");
  });
});

describe("F26: the AI provider", () => {
  test.each([
    ["openai.RateLimitError: Error code: 429 - Rate limit reached", "TF1544", "limits how often"],
    ["openai: 429 insufficient_quota: You exceeded your current quota", "TF1544", "quota is used up"],
    ["openai.APITimeoutError: Request timed out.", "TF1544", "does not answer in time"],
    ["POST https://api.openai.com/v1/chat/completions 503", "TF1544", "out of order"],
    ["openai.AuthenticationError: Error code: 401 - invalid_api_key", "TF1543", "refuses the API key"],
  ])("%s", (line, code, meaning) => {
    const found = saying(["INFO ok", line]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ code, severity: "warning" });
    expect(found[0]?.what).toContain(meaning);
    expect(found[0]?.what).toContain("the rest of the app is not affected");
  });

  test("a program that ends over it: the provider is the cause", () => {
    const found = saying(["openai.RateLimitError: Error code: 429"], { state: terminated(1), ready: false });
    expect(found.map(({ code, causedBy }) => [code, causedBy?.code])).toEqual([
      ["TF1544", undefined],
      ["TF1501", "TF1544"],
    ]);
  });

  test("a call that went well afterwards, or somebody else's 429, is nothing", () => {
    const later = 'HTTP Request: POST https://api.openai.com/v1/chat/completions "HTTP/1.1 200 OK"';
    expect(saying(["openai.RateLimitError: 429", later])).toEqual([]);
    expect(saying(["GET /api/tasks 429 Too Many Requests", "request timed out"])).toEqual([]);
  });
});

test("a Job's container that has done its part is no crash", () => {
  const made = pod({
    containers: [
      { name: "work", state: terminated(0, "Completed") },
      { name: "sidecar", state: running(9), ready: true },
    ],
  });
  Object.assign(made.spec ?? {}, { restartPolicy: "Never" });
  expect(diagnose(snapshot({ pods: [made] }))).toEqual([]);
});
