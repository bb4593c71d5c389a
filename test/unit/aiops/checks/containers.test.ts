/** Checks of what keeps a container from running. */
import { describe, expect, test } from "vitest";
import { checks, diagnose } from "../../../../aiops/kagent/checks/index.ts";
import { ago, event, log, pod, running, snapshot, terminated, waiting } from "../support.ts";

const first = (facts: Parameters<typeof snapshot>[0]) => diagnose(snapshot(facts))[0];

describe("images", () => {
  const said =
    'Failed to pull image "ghcr.io/me/todo-backend:nope": failed to resolve reference: ghcr.io/me/todo-backend:nope: not found';
  const backingOff = pod({
    containers: [
      {
        name: "backend",
        state: waiting("ImagePullBackOff", 'Back-off pulling image "x"'),
        spec: { image: "ghcr.io/me/todo-backend:nope" },
      },
    ],
  });

  test("cannot be pulled: the reason comes from the event", () => {
    const found = first({
      pods: [backingOff],
      events: [event(backingOff, "Failed", said, { container: "backend" })],
    });
    expect(found).toMatchObject({ code: "TF1502", confidence: "definite", object: { container: "backend" } });
    expect(found?.what).toContain("the registry has no such image or tag");
    expect(found?.evidence[0]).toMatchObject({ source: "event", excerpt: said });
  });

  test.each([
    ["failed to authorize: 401 Unauthorized", "without other credentials"],
    ["dial tcp: lookup ghcr.io: no such host", "cannot reach the registry"],
    ["429 Too Many Requests - toomanyrequests", "limits how often"],
    ["no match for platform in manifest: not found", "not for this node's architecture"],
  ])("%s", (text, meaning) => {
    const container = {
      name: "backend",
      state: waiting("ErrImagePull", text),
      spec: { image: "ghcr.io/me/x:1" },
    };
    expect(first({ pods: [pod({ containers: [container] })] })?.what).toContain(meaning);
  });

  test("a local image that was not loaded is not looked for in a registry", () => {
    const state = waiting("ErrImagePull", "pull access denied, repository does not exist");
    expect(first({ pods: [pod({ containers: [{ name: "backend", state }] })] })?.what).toBe(
      "backend waits for image todo-backend:v1.0.0-0123456789ab: the node does not have it, and without a registry in its name it can only be loaded.",
    );
  });

  test("never loaded", () => {
    const state = waiting(
      "ErrImageNeverPull",
      'Container image "x" is not present with pull policy of Never',
    );
    const found = first({ pods: [pod({ containers: [{ name: "backend", state }] })] });
    expect(found).toMatchObject({ code: "TF1503", confidence: "definite" });
    expect(found?.what).toContain("todo-backend:v1.0.0-0123456789ab, which node taskflow does not have");
  });
});

describe("configuration", () => {
  const config = (message: string) =>
    first({
      pods: [
        pod({ containers: [{ name: "backend", state: waiting("CreateContainerConfigError", message) }] }),
      ],
    });

  test("missing key: names it, the Secret and the command that shows it", () => {
    const found = config("couldn't find key OPENAI_API_KEY in Secret todo-app/backend-secrets");
    expect(found).toMatchObject({
      code: "TF1504",
      what: "backend needs key OPENAI_API_KEY of Secret backend-secrets, which has no such key.",
    });
    expect(found?.fix[0]).toBe("kubectl --namespace todo-app get secret backend-secrets");
  });

  test("missing object", () => {
    expect(config('configmap "backend-config" not found')?.what).toBe(
      "backend needs ConfigMap backend-config, which does not exist.",
    );
  });

  test("an image that would run as root is no missing Secret", () => {
    const found = config(
      "container has runAsNonRoot and image will run as root (pod: x, container: backend)",
    );
    expect(found).toMatchObject({ code: "TF1513" });
    expect(found?.what).toContain("must not run as root");
  });

  test("the app refuses its environment", () => {
    const refusing = pod({ containers: [{ name: "backend", state: terminated(78) }] });
    const line = "CRITICAL wrong environment: BETTER_AUTH_SECRET has 3 characters, needs at least 32";
    const found = first({ pods: [refusing], logs: [log(refusing, "backend", line)] });
    expect(found).toMatchObject({ code: "TF1516", confidence: "definite" });
    expect(found?.evidence[0]).toMatchObject({ source: "log", excerpt: line });
  });
});

describe("crashes", () => {
  const crashed = (facts: object, lines: string[] = ["Traceback", "KeyError: 'x'"]) => {
    const made = pod({ containers: [{ name: "backend", ...facts }] });
    return diagnose(snapshot({ pods: [made], logs: [log(made, "backend", ...lines)] }))[0];
  };

  test("in back-off: definite, with the last lines of its log", () => {
    const found = crashed({ state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 2 });
    expect(found).toMatchObject({ code: "TF1501", confidence: "definite" });
    expect(found?.what).toBe("backend exits soon after its start with code 1; 3 run(s) have ended.");
    expect(found?.evidence[0]).toEqual({
      source: "log",
      ref: "pod/backend-1-abcde/backend",
      excerpt: "Traceback\nKeyError: 'x'",
    });
  });

  test("the first exit is likely, the second definite", () => {
    expect(crashed({ state: terminated(1) })?.confidence).toBe("likely");
    expect(crashed({ state: terminated(1), lastState: terminated(1), restarts: 1 })?.confidence).toBe(
      "definite",
    );
  });

  test.each([
    [127, "its command does not exist"],
    [139, "memory access fault"],
    [0, "as if its work were done"],
  ])("exit code %i is explained", (code, meaning) => {
    expect(crashed({ state: terminated(code) })?.what).toContain(meaning);
  });

  test("a database error in the log is the cause", () => {
    const lines = ["prisma: connecting", "Error: getaddrinfo ENOTFOUND ep-nope.neon.tech"];
    const found = crashed({ state: terminated(1) }, lines);
    expect(found).toMatchObject({ code: "TF1411" });
    expect(found?.what).toContain('"ep-nope.neon.tech"');
  });

  test("running and ready again: a matter of the past", () => {
    expect(
      crashed({ state: running(600), lastState: terminated(1), restarts: 7, ready: true }),
    ).toBeUndefined();
  });

  test("just restarted: still crashing; running for a while: not", () => {
    expect(crashed({ state: running(2), lastState: terminated(1), restarts: 2 })?.code).toBe("TF1501");
    expect(
      crashed({ state: running(40), lastState: terminated(1, "Error", 41), restarts: 2 }),
    ).toBeUndefined();
  });

  test("a restarted node is no crash", () => {
    expect(
      crashed({ state: running(2), lastState: terminated(255, "Unknown"), restarts: 5 }),
    ).toBeUndefined();
  });

  test("out of memory is told apart", () => {
    const facts = {
      state: waiting("CrashLoopBackOff"),
      lastState: terminated(137, "OOMKilled"),
      restarts: 2,
      spec: { resources: { limits: { memory: "64Mi" } } },
    };
    expect(crashed(facts)).toMatchObject({
      code: "TF1505",
      what: expect.stringContaining("its limit of 64Mi"),
    });
  });

  test("a command that is not in the image", () => {
    const message = 'exec: "uvicorn": executable file not found in $PATH: unknown';
    const last = { terminated: { exitCode: 128, reason: "StartError", message, finishedAt: ago(5) } };
    expect(crashed({ state: waiting("CrashLoopBackOff"), lastState: last, restarts: 1 })).toMatchObject({
      code: "TF1513",
      what: "backend cannot start: its command does not exist in the image.",
    });
  });
});

describe("probes", () => {
  const probed = (message: string, facts: object = {}) => {
    const readinessProbe = { httpGet: { path: "/health/ready", port: "http" } };
    const made = pod({
      containers: [
        {
          name: "backend",
          state: running(15),
          spec: { readinessProbe, ports: [{ name: "http", containerPort: 8000 }] },
          ...facts,
        },
      ],
    });
    return first({ pods: [made], events: [event(made, "Unhealthy", message, { container: "backend" })] });
  };

  test("HTTP 404: the path is wrong, waiting is of no use", () => {
    expect(probed("Readiness probe failed: HTTP probe failed with statuscode: 404")).toMatchObject({
      code: "TF1507",
      confidence: "definite",
      what: expect.stringContaining("no page /health/ready"),
    });
  });

  test("HTTP 503: may pass, until a minute is over", () => {
    const message = "Readiness probe failed: HTTP probe failed with statuscode: 503";
    expect(probed(message)?.confidence).toBe("likely");
    expect(probed(message, { state: running(61) })?.confidence).toBe("definite");
  });

  test("a port that the container does not declare", () => {
    const spec = { readinessProbe: { httpGet: { path: "/", port: 8001 } }, ports: [{ containerPort: 8000 }] };
    const message =
      'Readiness probe failed: Get "http://10.244.0.7:8001/": dial tcp 10.244.0.7:8001: connect: connection refused';
    expect(probed(message, { spec })).toMatchObject({
      confidence: "definite",
      what: expect.stringContaining("8001"),
    });
  });

  test("while the app starts nothing is said", () => {
    expect(probed("Readiness probe failed: connection refused", { state: running(5) })).toBeUndefined();
  });

  test("killed by its liveness probe is no crash of its own", () => {
    const made = pod({
      containers: [
        {
          name: "backend",
          state: waiting("CrashLoopBackOff"),
          lastState: terminated(137, "Error", 10, 40),
          restarts: 3,
        },
      ],
    });
    const message = "Liveness probe failed: HTTP probe failed with statuscode: 500";
    const found = diagnose(
      snapshot({
        pods: [made],
        events: [event(made, "Unhealthy", message, { container: "backend", before: 20 })],
      }),
    );
    expect(found.map(({ code }) => code)).toEqual(["TF1512"]);
    expect(found[0]?.what).toContain("its liveness probe fails");
  });
});

test("pods that are being deleted, and jobs that are done, are left alone", () => {
  const state = waiting("CrashLoopBackOff");
  const bad = { name: "backend", state, lastState: terminated(1), restarts: 3 };
  const done = pod({ containers: [{ name: "job", state: terminated(0, "Completed") }] });
  if (done.status) done.status.phase = "Succeeded";
  expect(diagnose(snapshot({ pods: [pod({ deleting: true, containers: [bad] }), done] }))).toEqual([]);
});

test("every check is named like its file", async () => {
  for (const [name, check] of Object.entries(checks)) {
    const module = await import(`../../../../aiops/kagent/checks/${name}.ts`);
    expect(module[name]).toBe(check);
  }
});
