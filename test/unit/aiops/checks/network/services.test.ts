/** F05, F06, F19 and what follows from findings about pods. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../../aiops/kagent/checks/index.ts";
import { log, terminated, waiting } from "../../support.ts";
import {
  broken,
  codes,
  found,
  type Healthy,
  labelsOf,
  named,
  pod,
  selectorOf,
  serviceOf,
  slice,
} from "./support.ts";

const noEndpoints = (seen: Healthy) => {
  seen.around.endpointSlices = [slice("frontend-service", [true]), slice("backend-service", [])];
};

describe("F05 selector", () => {
  test("misspelled value: names it, proposes the template's own labels, says who suffers", () => {
    const [first, ...rest] = found((seen) => {
      noEndpoints(seen);
      selectorOf(seen, "backend").app = "backned";
    });
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      code: "TF1520",
      severity: "error",
      confidence: "definite",
      object: { kind: "Service", name: "backend-service" },
      proposals: [{ action: "patchSelector", service: "backend-service", selector: labelsOf("backend") }],
      blastRadius: [
        { kind: "Service", name: "backend-service" },
        { kind: "Deployment", name: "frontend" },
      ],
    });
    expect(first?.what).toContain("nearest is Deployment backend, which differs in app");
    expect(first?.fix[0]).toContain("patch service backend-service");
  });

  test("misspelled key, a key too many, and one label of another app", () => {
    const selectors: Record<string, string>[] = [
      { ap: "backend" },
      { ...labelsOf("backend"), tier: "api" },
      { ...labelsOf("backend"), app: "frontend" },
    ];
    const expected = [{ app: "backend" }, labelsOf("backend"), labelsOf("backend")];
    selectors.forEach((selector, index) => {
      const [first] = found((seen) => {
        noEndpoints(seen);
        serviceOf(seen, "backend").spec = { ...serviceOf(seen, "backend").spec, selector };
      });
      expect(first?.confidence).toBe("definite");
      expect(first?.proposals).toEqual([
        { action: "patchSelector", service: "backend-service", selector: expected[index] },
      ]);
    });
  });

  test("the fix line takes keys away that the labels do not have", () => {
    const [first] = found((seen) => {
      noEndpoints(seen);
      selectorOf(seen, "backend").tier = "api";
    });
    expect(first?.fix[0]).toContain('"tier":null');
  });

  test("a proposed selector never takes another Deployment's pods", () => {
    const [first] = found((seen) => {
      noEndpoints(seen);
      serviceOf(seen, "backend").spec = {
        ...serviceOf(seen, "backend").spec,
        selector: { "app.kubernetes.io/name": "todo-app", app: "api" },
      };
      // Shares what is left once `app` is taken from the template; the Deployment's own selector decides.
      for (const deployment of seen.deployments) delete deployment.spec?.template.metadata?.labels?.app;
      for (const one of seen.deployments) delete one.spec?.selector.matchLabels?.app;
      for (const one of seen.pods) delete one.metadata?.labels?.app;
    });
    const { app: _app, ...own } = labelsOf("backend");
    expect(first?.proposals).toEqual([
      { action: "patchSelector", service: "backend-service", selector: own },
    ]);
  });

  test("a Service that is like nothing here is a warning without a proposal", () => {
    const findings = found((seen) => {
      seen.around.services.push({
        metadata: { name: "redis", namespace: "todo-app" },
        spec: {
          selector: { app: "redis", "app.kubernetes.io/name": "todo-app" },
          ports: [{ port: 6379 }],
        },
      });
    });
    expect(findings).toMatchObject([{ code: "TF1520", severity: "warning", confidence: "likely" }]);
    expect(findings[0]?.proposals).toBeUndefined();
  });

  test("where Deployments may not be read nothing is certain, for it may be scaled to zero", () => {
    const findings = found((seen) => {
      noEndpoints(seen);
      seen.pods = seen.pods.filter(({ metadata }) => metadata?.labels?.app === "frontend");
      seen.deployments = [];
      seen.notChecked = [{ what: "deployments", why: "the API server refuses it (HTTP 403)" }];
      seen.around.networkPolicies = [];
    });
    expect(findings).toMatchObject([{ code: "TF1520", severity: "warning", confidence: "likely" }]);
  });

  test("the controller's endpoints have the last word", () => {
    const findings = found((seen) => {
      selectorOf(seen, "backend").app = "backned";
    });
    expect(findings).toEqual([]);
  });
});

describe("F19 scaled to zero", () => {
  const toZero = (seen: Healthy) => {
    noEndpoints(seen);
    const { spec } = named(seen.deployments, "backend");
    if (spec) spec.replicas = 0;
    seen.pods = seen.pods.filter(({ metadata }) => metadata?.labels?.app !== "backend");
  };

  test("is its own finding, and the Service follows from it", () => {
    const findings = found(toZero);
    expect(findings).toMatchObject([
      {
        code: "TF1521",
        object: { kind: "Deployment", name: "backend" },
        confidence: "definite",
        proposals: [{ action: "scale", deployment: "backend", replicas: 1 }],
        blastRadius: [
          { kind: "Service", name: "backend-service" },
          { kind: "Deployment", name: "frontend" },
        ],
      },
      {
        code: "TF1522",
        object: { kind: "Service", name: "backend-service" },
        causedBy: { code: "TF1521", object: { kind: "Deployment", name: "backend" } },
      },
    ]);
    expect(findings[0]?.fix).toEqual(["kubectl --namespace todo-app scale deployment backend --replicas=1"]);
  });

  test("pods of somebody else that the Service selects keep it alive", () => {
    const findings = found((seen) => {
      toZero(seen);
      seen.pods.push({
        ...pod("backend"),
        metadata: { name: "backend-by-hand", labels: labelsOf("backend") },
      });
    });
    expect(findings).toEqual([]);
  });

  test("calls that fail follow from it", () => {
    const findings = found((seen) => {
      toZero(seen);
      seen.logs = [
        log(named(seen.pods, "frontend-2-abcde"), "frontend", "connect ECONNREFUSED backend-service"),
      ];
    });
    expect(findings.map(({ code, causedBy }) => [code, causedBy?.code])).toEqual([
      ["TF1521", undefined],
      ["TF1522", "TF1521"],
      ["TF1545", "TF1522"],
    ]);
  });

  test("goes back to what an autoscaler would keep", () => {
    const [first] = found((seen) => {
      toZero(seen);
      seen.around.autoscalers = [
        { spec: { scaleTargetRef: { kind: "Deployment", name: "backend" }, minReplicas: 2, maxReplicas: 3 } },
      ];
    });
    expect(first?.proposals).toEqual([{ action: "scale", deployment: "backend", replicas: 2 }]);
  });
});

describe("no ready pod", () => {
  const imageGone = (seen: Healthy, unready = 5) => {
    noEndpoints(seen);
    const bad = pod("backend", { unready });
    bad.status = {
      phase: "Pending",
      conditions: bad.status?.conditions ?? [],
      containerStatuses: [
        {
          name: "backend",
          image: "x",
          imageID: "",
          ready: false,
          restartCount: 0,
          state: waiting("ImagePullBackOff", "not found"),
        },
      ],
    };
    seen.pods = [pod("frontend"), bad];
  };

  test("follows at once from the pod's finding, which gets the blast radius", () => {
    const findings = found((seen) => imageGone(seen));
    expect(findings).toMatchObject([
      {
        code: "TF1502",
        blastRadius: [
          { kind: "Service", name: "backend-service" },
          { kind: "Deployment", name: "frontend" },
        ],
      },
      { code: "TF1522", object: { name: "backend-service" }, causedBy: { code: "TF1502" } },
    ]);
    expect(findings[1]?.blastRadius).toBeUndefined();
  });

  test("the root is the pod's finding, also when the Deployment's is between", () => {
    const findings = found((seen) => {
      imageGone(seen, 400);
      const { status } = named(seen.deployments, "backend");
      if (status) {
        status.readyReplicas = 0;
        status.conditions = [
          { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" },
        ];
      }
    });
    expect(codes(findings)).toEqual(["TF1502", "TF1509", "TF1522"]);
    expect(findings.map(({ causedBy }) => causedBy?.code)).toEqual([undefined, "TF1502", "TF1502"]);
  });

  test("the Ingress in front is named", () => {
    const findings = found((seen) => {
      seen.around.endpointSlices = [];
      const bad = pod("frontend", { unready: 5 });
      const status = bad.status?.containerStatuses?.[0];
      if (status) status.state = waiting("ImagePullBackOff", "not found");
      seen.pods = [bad, pod("backend")];
    });
    expect(findings[0]?.blastRadius).toMatchObject([
      { kind: "Service", name: "frontend-service" },
      { kind: "Ingress", name: "frontend" },
    ]);
  });

  test("one pod of several that fails takes no Service away", () => {
    const findings = found((seen) => {
      const bad = pod("backend", { id: "bad", unready: 300 });
      const status = bad.status?.containerStatuses?.[0];
      if (status) status.state = waiting("ImagePullBackOff", "not found");
      seen.pods.push(bad);
    });
    expect(codes(findings)).toEqual(["TF1502"]);
    expect(findings[0]?.blastRadius).toBeUndefined();
  });

  test("by itself it is told after a minute", () => {
    const wait = (unready: number) =>
      found((seen) => {
        noEndpoints(seen);
        seen.pods = [pod("frontend"), pod("backend", { unready })];
      });
    expect(wait(59)).toEqual([]);
    expect(wait(61)).toMatchObject([{ code: "TF1522", confidence: "likely", severity: "error" }]);
  });

  test("not while the controller still lists one as ready", () => {
    expect(
      found((seen) => {
        seen.pods = [pod("frontend"), pod("backend", { unready: 300 })];
      }),
    ).toEqual([]);
  });

  test("a database that is down is the root, and what its clients no longer serve is its radius", () => {
    const findings = found((seen) => {
      noEndpoints(seen);
      const image = waiting("ImagePullBackOff", "not found");
      const status = { name: "postgres", image: "postgres:17", imageID: "", ready: false, restartCount: 0 };
      const database = pod("backend", { id: "db", unready: 300 });
      database.metadata = {
        name: "postgres-0",
        namespace: "todo-app",
        uid: "uid-pg",
        labels: { app: "postgres" },
      };
      database.spec = { containers: [{ name: "postgres", image: "postgres:17" }] };
      database.status = { phase: "Pending", containerStatuses: [{ ...status, state: image }] };
      const bad = pod("backend", { unready: 300 });
      const container = { name: "backend", image: "x", imageID: "", ready: false, restartCount: 4 };
      bad.status = {
        ...bad.status,
        containerStatuses: [{ ...container, state: waiting("CrashLoopBackOff"), lastState: terminated(1) }],
      };
      seen.pods = [pod("frontend"), bad, database];
      seen.logs = [
        log(bad, "backend", "cannot connect to PostgreSQL at postgres:5432/x as app: connection refused"),
      ];
    });
    expect(findings.map(({ code, causedBy }) => [code, causedBy?.code])).toEqual([
      ["TF1502", undefined],
      ["TF1412", "TF1502"],
      ["TF1522", "TF1412"],
    ]);
    expect(findings[0]?.blastRadius?.map(({ name }) => name)).toEqual(["backend-service", "frontend"]);
    expect(findings[1]?.blastRadius).toBeUndefined();
  });

  test("a Service that publishes pods before they are ready is not meant", () => {
    expect(
      found((seen) => {
        noEndpoints(seen);
        seen.pods = [pod("frontend"), pod("backend", { unready: 300 })];
        serviceOf(seen, "backend").spec = {
          ...serviceOf(seen, "backend").spec,
          publishNotReadyAddresses: true,
        };
      }),
    ).toEqual([]);
  });
});

describe("F06 targetPort", () => {
  const withPort = (targetPort: string | number) => (seen: Healthy) => {
    serviceOf(seen, "backend").spec = {
      ...serviceOf(seen, "backend").spec,
      ports: [{ name: "http", port: 8000, targetPort }],
    };
  };

  test.each<[string | number, string]>([
    ["htpp", "definite"],
    ["web", "definite"],
    [9999, "likely"],
  ])("%s is what no container declares", (targetPort, confidence) => {
    const findings = found(withPort(targetPort));
    expect(findings).toMatchObject([
      {
        code: "TF1523",
        severity: "error",
        confidence,
        object: { kind: "Service", name: "backend-service" },
        affected: [],
        proposals: [
          { action: "patchTargetPort", service: "backend-service", port: 8000, targetPort: "http" },
        ],
        blastRadius: [{ name: "backend-service" }, { kind: "Deployment", name: "frontend" }],
      },
    ]);
    expect(findings[0]?.what).toContain(`targetPort ${targetPort}`);
    expect(findings[0]?.what).toContain("http=8000");
  });

  test("two wrong ports are one finding with two proposals", () => {
    const findings = found((seen) => {
      serviceOf(seen, "backend").spec = {
        ...serviceOf(seen, "backend").spec,
        ports: [
          { name: "http", port: 8000, targetPort: "x" },
          { name: "more", port: 8001, targetPort: 1 },
        ],
      };
      seen.around.networkPolicies = [];
    });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.affected).toEqual([]);
    expect(findings[0]?.proposals?.map((one) => "port" in one && one.port)).toEqual([8000, 8001]);
  });

  test("pods that declare no port say nothing about numbers, but have no names either", () => {
    const bare = (targetPort: string | number) =>
      found((seen) => {
        withPort(targetPort)(seen);
        seen.around.networkPolicies = [];
        for (const one of seen.pods)
          for (const container of one.spec?.containers ?? []) delete container.ports;
        serviceOf(seen, "frontend").spec = {
          ...serviceOf(seen, "frontend").spec,
          ports: [{ name: "http", port: 3000, targetPort: 3000 }],
        };
      });
    expect(bare(9999)).toEqual([]);
    expect(bare("http")).toMatchObject([{ code: "TF1523", confidence: "definite" }]);
  });
});

test("two faults at once are two roots, each with its own radius", () => {
  const findings = diagnose(
    broken((seen) => {
      seen.around.endpointSlices = [];
      selectorOf(seen, "backend").app = "backned";
      serviceOf(seen, "frontend").spec = {
        ...serviceOf(seen, "frontend").spec,
        ports: [{ name: "http", port: 3000, targetPort: "htpp" }],
      };
    }),
  );
  expect(
    findings
      .filter(({ causedBy }) => !causedBy)
      .map(({ code, blastRadius }) => [code, blastRadius?.[0]?.name]),
  ).toEqual([
    ["TF1520", "backend-service"],
    ["TF1523", "frontend-service"],
  ]);
});
