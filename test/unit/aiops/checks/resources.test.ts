/** Checks of what pods use, are refused, and need from nodes and storage. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../aiops/kagent/checks/index.ts";
import type { Snapshot, Surroundings } from "../../../../aiops/kagent/checks/types.ts";
import {
  ago,
  deployment,
  event,
  namespace,
  pod,
  replicaSet,
  running,
  snapshot,
  terminated,
} from "../support.ts";
import { autoscalerOf, claim, metric, node, withClaims } from "../surroundings.ts";

const all = (facts: Partial<Snapshot>) => diagnose(snapshot(facts));
const first = (facts: Partial<Snapshot>) => all(facts)[0];

describe("F09 and memory: use against limits", () => {
  const limits = { cpu: "500m", memory: "512Mi" };
  const made = (state = running(100)) =>
    pod({ containers: [{ name: "backend", state, ready: true, spec: { resources: { limits } } }] });
  const using = (cpu: string, memory: string, facts: Partial<Snapshot> = {}, state = running(100)) => {
    const one = made(state);
    return first({
      pods: [one],
      replicaSets: [replicaSet("backend-1")],
      deployments: [deployment("backend")],
      around: { podMetrics: [metric(one, "backend", cpu, memory)] },
      ...facts,
    });
  };

  test("at its CPU limit: a warning, twice the limit", () => {
    const found = using("498765432n", "10Mi");
    expect(found).toMatchObject({ code: "TF1530", severity: "warning", confidence: "likely" });
    expect(found?.what).toBe("backend uses 498m of the 500m CPU that its limit gives.");
    expect(found?.proposals).toEqual([
      { action: "patchLimits", deployment: "backend", container: "backend", limits: { cpu: "1000m" } },
    ]);
  });

  test("less than that only with probes that get no answer", () => {
    expect(using("420m", "10Mi")).toBeUndefined();
    const events = [
      event(made(), "Unhealthy", 'Liveness probe failed: Get "http://x/": context deadline exceeded', {
        container: "backend",
      }),
    ];
    expect(using("420m", "10Mi", { events })).toMatchObject({ code: "TF1530", confidence: "definite" });
    expect(using("100m", "10Mi", { events })).toBeUndefined();
  });

  test("a start is no fault, nor is use without a limit or without metrics", () => {
    expect(using("500m", "10Mi", {}, running(10))).toBeUndefined();
    expect(using("500m", "500Mi", { around: {} })).toBeUndefined();
    const free = pod({ containers: [{ name: "backend", state: running(100), ready: true }] });
    expect(
      first({ pods: [free], around: { podMetrics: [metric(free, "backend", "2", "9Gi")] } }),
    ).toBeUndefined();
  });

  test("nine tenths of the memory limit", () => {
    const found = using("10m", "470Mi");
    expect(found).toMatchObject({ code: "TF1531", severity: "warning" });
    expect(found?.what).toBe("backend uses 470Mi of its memory limit of 512Mi (91 %).");
    expect(found?.proposals).toMatchObject([{ limits: { memory: "705Mi" } }]);
    expect(using("10m", "450Mi")).toBeUndefined();
  });

  test("a probe without an answer follows from the throttling", () => {
    const busy = pod({
      containers: [
        { name: "backend", state: running(100), spec: { resources: { limits }, readinessProbe: {} } },
      ],
    });
    const events = [
      event(busy, "Unhealthy", "Readiness probe failed: context deadline exceeded", { container: "backend" }),
    ];
    const found = all({
      pods: [busy],
      events,
      around: { podMetrics: [metric(busy, "backend", "500m", "1Mi")] },
    });
    expect(found.map(({ code, causedBy }) => [code, causedBy?.code])).toEqual([
      ["TF1530", undefined],
      ["TF1507", "TF1530"],
    ]);
  });
});

describe("F10: the scheduler's words", () => {
  const unplaced = (message: string, spec: object = {}, around: Surroundings = {}) => {
    const one = pod({
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message,
          lastTransitionTime: ago(9),
        },
      ],
    });
    Object.assign(one.spec ?? {}, spec);
    return first({ pods: [one], around })?.what;
  };

  test.each([
    ["1 Insufficient cpu", "not enough free CPU"],
    ["1 Insufficient nvidia.com/gpu", "no node has as much nvidia.com/gpu as it asks for"],
    ["1 node(s) had untolerated taint {dedicated: db}", "a taint that it does not tolerate (dedicated: db)"],
    ["1 node(s) didn't match pod anti-affinity rules", "its rules about other pods leave no node"],
    ["1 node(s) didn't match pod topology spread constraints", "spreading"],
    ["pod has unbound immediate PersistentVolumeClaims", "its volume claim is not bound"],
    ['persistentvolumeclaim "data" not found', "its volume claim data does not exist"],
    ["1 node(s) had volume node affinity conflict", "its volume is on a node that does not take it"],
    ["1 node(s) were unschedulable", "the node is cordoned"],
    ["1 node(s) didn't have free ports for the requested pod ports", "another pod has the port"],
  ])("%s", (said, meaning) => {
    expect(unplaced(`0/1 nodes are available: ${said}.`)).toContain(meaning);
  });

  test("each of several reasons, and not those of the preemption", () => {
    const what = unplaced(
      "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {a: b}. preemption: 0/2 nodes are available: 1 Insufficient memory.",
    );
    expect(what).toContain("not enough free CPU");
    expect(what).toContain("(a: b)");
    expect(what).not.toContain("memory");
  });

  test("what it asks for, next to what there is; the labels that no node has", () => {
    const containers = [{ name: "b", resources: { requests: { memory: "900Gi" } } }];
    expect(
      unplaced(
        "0/1 nodes are available: 1 Insufficient memory.",
        { containers },
        { nodes: [node("taskflow")] },
      ),
    ).toBe(
      "no node takes the pod: not enough free memory for its request (921600Mi; the largest node has 3000Mi in all).",
    );
    expect(
      unplaced("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", {
        nodeSelector: { disk: "ssd" },
      }),
    ).toContain("(disk=ssd)");
  });
});

describe("F11, F17, F21: pods refused", () => {
  const refused = (failure: string, facts: Partial<Snapshot> = {}) =>
    first({ replicaSets: [replicaSet("backend-1", { failure })], ...facts });
  const prefix = 'pods "backend-1-x" is forbidden: ';

  test("quota: which one, and requested, used, limited", () => {
    const said =
      "exceeded quota: small, requested: limits.cpu=1,limits.memory=512Mi, used: limits.cpu=1,limits.memory=0, limited: limits.cpu=1,limits.memory=256Mi";
    expect(refused(prefix + said)?.what).toBe(
      "the API server refuses its pods: the namespace's quota small is used up (requested limits.cpu=1,limits.memory=512Mi; used limits.cpu=1,limits.memory=0; limited to limits.cpu=1,limits.memory=256Mi).",
    );
    expect(refused(`${prefix}failed quota: small: must specify limits.cpu,requests.cpu`)?.what).toContain(
      "quota small wants its pods to state limits.cpu,requests.cpu",
    );
  });

  test("limit range: the bound, and the limits that would fit it where nothing else is there to return to", () => {
    const said = "maximum memory usage per Container is 256Mi, but limit is 512Mi";
    const containers = [
      { name: "backend", resources: { limits: { memory: "512Mi" }, requests: { memory: "64Mi" } } },
      { name: "small", resources: { limits: { memory: "64Mi" } } },
    ];
    const set = replicaSet("backend-1", { failure: prefix + said, containers });
    const limitRanges = [{ metadata: { name: "bounds", namespace } }];
    const found = first({ replicaSets: [set], around: { limitRanges } });
    expect(found?.what).toContain(
      "limit range bounds forbids its requests or limits: maximum memory per Container is 256Mi, and it has 512Mi",
    );
    expect(found?.proposals).toEqual([
      { action: "patchLimits", deployment: "backend", container: "backend", limits: { memory: "256Mi" } },
    ]);
    const earlier = replicaSet("backend-0", { available: 1 });
    Object.assign(set.metadata?.annotations ?? {}, { "deployment.kubernetes.io/revision": "2" });
    expect(first({ replicaSets: [earlier, set] })?.proposals).toMatchObject([{ action: "rolloutUndo" }]);
  });

  test("Pod Security: the level and the rules", () => {
    const said =
      'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "b" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "b" must set it)';
    expect(refused(prefix + said)?.what).toContain(
      "Pod Security level restricted:latest forbids what the pod asks for (allowPrivilegeEscalation != false, runAsNonRoot != true)",
    );
  });

  test("service account: its name and the nearest one", () => {
    const said = 'error looking up service account todo-app/backnd: serviceaccount "backnd" not found';
    const around = { serviceAccounts: [{ metadata: { name: "backend" } }] };
    expect(refused(said, { around })?.what).toContain(
      'account backnd does not exist (did you mean "backend"?)',
    );
  });

  test("an earlier revision is proposed; a set that wants no pods is left alone", () => {
    const sets = [
      replicaSet("backend-1", { available: 1 }),
      replicaSet("backend-2", { revision: "2", failure: `${prefix}exceeded quota: q` }),
    ];
    expect(first({ replicaSets: sets })?.proposals).toEqual([
      { action: "rolloutUndo", deployment: "backend", toRevision: 1 },
    ]);
    expect(
      first({ replicaSets: [replicaSet("backend-1", { replicas: 0, failure: prefix })] }),
    ).toBeUndefined();
  });

  test("a StatefulSet says it in an event", () => {
    const made = event(
      pod(),
      "FailedCreate",
      `${prefix}exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1`,
    );
    const about = { kind: "StatefulSet", name: "db", uid: "u" };
    const found = first({ events: [{ ...made, involvedObject: about }] });
    expect(found).toMatchObject({ code: "TF1510", object: { kind: "StatefulSet", name: "db" } });
    const old = { ...made, involvedObject: about, lastTimestamp: ago(3_600) };
    expect(first({ events: [old] })).toBeUndefined();
  });
});

describe("F14: autoscalers", () => {
  const scaled = (...args: Parameters<typeof autoscalerOf>) =>
    first({ around: { autoscalers: [autoscalerOf(...args)] } });
  const noMetrics =
    "the HPA was unable to compute the replica count: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)";

  test("no metrics: after two minutes", () => {
    const condition = { reason: "FailedGetResourceMetric", message: noMetrics };
    expect(scaled("backend", [condition])).toMatchObject({ code: "TF1532", severity: "warning" });
    expect(scaled("backend", [condition])?.what).toContain("no metrics of pods (metrics-server)");
    expect(scaled("backend", [{ ...condition, lastTransitionTime: ago(60) }])).toBeUndefined();
  });

  test("no request, no target: at once", () => {
    const message = "failed to get cpu utilization: missing request for cpu in container backend of Pod x";
    const lastTransitionTime = ago(1);
    expect(
      scaled("backend", [{ reason: "FailedGetResourceMetric", message, lastTransitionTime }])?.what,
    ).toContain("no request for cpu");
    const absent = {
      type: "AbleToScale",
      reason: "FailedGetScale",
      message: 'deployments.apps "x" not found',
    };
    expect(scaled("x", [{ ...absent, lastTransitionTime }])?.what).toBe(
      "the autoscaler of Deployment x does not scale: its target does not exist.",
    );
  });

  test("scaled to none on purpose is no fault", () =>
    expect(scaled("backend", [{ reason: "ScalingDisabled" }])).toBeUndefined());

  test("at its ceiling", () => {
    const limited = {
      type: "ScalingLimited",
      status: "True",
      reason: "TooManyReplicas",
      message: "more than 3",
    };
    expect(scaled("backend", [limited], 3)).toMatchObject({ code: "TF1533", confidence: "definite" });
    expect(scaled("backend", [{ ...limited, lastTransitionTime: ago(5) }], 3)?.confidence).toBe("likely");
    expect(scaled("backend", [limited], 2)).toBeUndefined();
  });
});

describe("F16: volume claims", () => {
  const waits = withClaims(
    pod({
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message: "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
          lastTransitionTime: ago(9),
        },
      ],
    }),
    "data",
  );
  const found = (around: Surroundings, facts: Partial<Snapshot> = {}) =>
    all({ pods: [waits], around, ...facts });
  const classes = (...storageClasses: [string, object?][]) =>
    storageClasses.map(([name, more]) => ({ metadata: { name }, provisioner: "local", ...more }));

  test("no such storage class: the cause of the pod's waiting", () => {
    const findings = found({
      claims: [claim("data", { storageClass: "fsat" })],
      storageClasses: classes(["fast"]),
    });
    expect(findings[0]).toMatchObject({
      code: "TF1534",
      confidence: "definite",
      what: 'volume claim data is Pending: it asks for storage class fsat, which does not exist (did you mean "fast"?).',
    });
    expect(findings[1]).toMatchObject({ code: "TF1506", causedBy: { code: "TF1534" } });
  });

  test("no default class; a claim that is not there, with the nearest name", () => {
    expect(found({ claims: [claim("data")], storageClasses: classes(["x"]) })[0]?.what).toContain(
      "no default one",
    );
    expect(found({ claims: [claim("date")] })[0]?.what).toBe(
      'a pod uses volume claim data, which does not exist (did you mean "date"?).',
    );
  });

  test("access mode that the storage does not have", () => {
    const said = "failed to provision volume: only support ReadWriteOnce access mode";
    const made = event(waits, "ProvisioningFailed", said);
    const events = [{ ...made, involvedObject: { kind: "PersistentVolumeClaim", name: "data" } }];
    const claims = [claim("data", { storageClass: "x", mode: "ReadWriteMany" })];
    expect(found({ claims, storageClasses: classes(["x"]) }, { events })[0]).toMatchObject({
      code: "TF1534",
      what: "volume claim data is Pending: its storage does not offer access mode ReadWriteMany.",
    });
  });

  test("a provisioner takes a moment, a class may wait for the pod, and a claim of no pod is left alone", () => {
    const storageClasses = classes(["x"], ["late", { volumeBindingMode: "WaitForFirstConsumer" }]);
    const codes = (one: ReturnType<typeof claim>) =>
      found({ claims: [one], storageClasses }).map(({ code }) => code);
    expect(codes(claim("data", { storageClass: "x", age: 5 }))).toEqual(["TF1506"]);
    expect(codes(claim("data", { storageClass: "x", age: 60 }))).toEqual(["TF1534", "TF1506"]);
    expect(codes(claim("data", { storageClass: "late", age: 60 }))).toEqual(["TF1506"]);
    expect(codes(claim("data", { phase: "Bound" }))).toEqual(["TF1506"]);
    const unused = {
      pods: [],
      around: { claims: [claim("data", { storageClass: "none" })], storageClasses },
    };
    expect(all(unused)).toEqual([]);
  });

  test("a volume that another node holds", () => {
    const one = pod({
      containers: [{ name: "backend", state: { waiting: { reason: "ContainerCreating" } } }],
    });
    const events = [event(one, "FailedAttachVolume", 'Multi-Attach error for volume "pvc-1"', { count: 3 })];
    expect(first({ pods: [one], events })).toMatchObject({
      code: "TF1515",
      what: "a volume of the pod cannot be mounted: its access mode allows one node, and another node has it.",
    });
  });
});

describe("F23: nodes", () => {
  const here = pod({ containers: [{ name: "backend", state: running(100), ready: true }] });

  test("not ready, not reporting, short of disk: where pods of ours are", () => {
    const on = (name: string, conditions: Record<string, string>) =>
      first({ pods: [here], around: { nodes: [node(name, { conditions })] } });
    expect(on("taskflow", { Ready: "False" })).toMatchObject({ code: "TF1539", object: { kind: "Node" } });
    expect(on("taskflow", { Ready: "Unknown" })?.what).toContain("does not report any more");
    expect(on("taskflow", { DiskPressure: "True" })?.what).toContain("short of disk space");
    expect(on("taskflow", { DiskPressure: "False" })).toBeUndefined();
    expect(on("elsewhere", { Ready: "False" })).toBeUndefined();
  });

  test("cordoned: the cause of a pod's waiting; a warning where it is the only node; else maintenance", () => {
    const message = "0/1 nodes are available: 1 node(s) were unschedulable.";
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastTransitionTime: ago(9),
    };
    const nodes = [node("taskflow", { cordoned: true })];
    const findings = all({ pods: [pod({ conditions: [condition] })], around: { nodes } });
    expect(findings.map(({ code, causedBy }) => [code, causedBy?.code])).toEqual([
      ["TF1540", undefined],
      ["TF1506", "TF1540"],
    ]);
    expect(findings[0]?.fix).toEqual(["kubectl uncordon taskflow"]);
    expect(first({ pods: [here], around: { nodes } })).toMatchObject({ code: "TF1540", severity: "warning" });
    expect(first({ pods: [here], around: { nodes: [...nodes, node("other")] } })).toBeUndefined();
  });

  test("evicted: lately, and no crash of its own", () => {
    const gone = (seconds: number) => {
      const one = pod({
        containers: [{ name: "backend", state: terminated(137, "Error", seconds), restarts: 2 }],
      });
      Object.assign(one.status ?? {}, {
        phase: "Failed",
        reason: "Evicted",
        message: "The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 1Ki.",
      });
      return all({
        pods: [one],
        around: { nodes: [node("taskflow", { conditions: { DiskPressure: "True" } }), node("b")] },
      });
    };
    expect(gone(60).map(({ code }) => code)).toEqual(["TF1541"]);
    expect(gone(60)[0]?.what).toBe("the pod was taken off node taskflow: the node was short of disk space.");
    expect(gone(3_600)).toEqual([]);
  });
});
