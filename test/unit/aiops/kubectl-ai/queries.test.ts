/** Each question of aiops/kubectl-ai/queries: the tool that answers it is there, and its fault gives the code it should. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { diagnose, type Snapshot } from "../../../../aiops/kagent/checks/index.ts";
import { codes } from "../../../../aiops/kagent/codes/index.ts";
import { repoRoot } from "../../../../local/paths.ts";
import {
  deployment,
  event,
  log,
  pod,
  replicaSet,
  running,
  snapshot,
  terminated,
  waiting,
} from "../support.ts";
import { toolNames } from "./tools.ts";

const folder = join(repoRoot, "aiops", "kubectl-ai", "queries");
const questions = (await readdir(folder))
  .filter((name) => name.endsWith(".txt"))
  .map((name) => name.slice(0, -4));
const expected: Record<string, { tool: string; finding?: string }> = parse(
  await readFile(join(folder, "expected.yaml"), "utf8"),
);

const healthy = pod({ containers: [{ name: "backend", state: running(600), ready: true }] });
const crashing = pod({
  containers: [
    { name: "backend", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 4 },
  ],
});
const oom = pod({
  containers: [
    {
      name: "backend",
      state: waiting("CrashLoopBackOff"),
      lastState: terminated(137, "OOMKilled"),
      restarts: 4,
    },
  ],
});
const noImage = pod({
  app: "frontend",
  containers: [{ name: "frontend", state: waiting("ImagePullBackOff", "not found") }],
});
const pending = pod({
  app: "frontend",
  conditions: [
    {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message: "0/1 nodes: Insufficient memory.",
    },
  ],
});
const unready = pod({
  app: "frontend",
  containers: [{ name: "frontend", state: running(300), ready: false }],
});
const migrating = pod({
  init: [{ name: "migrate", state: waiting("CrashLoopBackOff"), lastState: terminated(1), restarts: 3 }],
});

/** What the cluster shows when the question is asked. */
const faults: Record<string, Partial<Snapshot>> = {
  "backend-crashing": {
    pods: [crashing],
    logs: [log(crashing, "backend", "ZeroDivisionError: division by zero")],
  },
  "image-missing": {
    pods: [noImage],
    events: [
      event(noImage, "Failed", 'Failed to pull image "todo-frontend:v9": not found', {
        container: "frontend",
      }),
    ],
  },
  "config-missing": {
    pods: [
      pod({
        containers: [
          {
            name: "backend",
            state: waiting("CreateContainerConfigError", 'configmap "backend-config" not found'),
          },
        ],
      }),
    ],
  },
  "out-of-memory": { pods: [oom] },
  pending: { pods: [pending] },
  "not-ready": {
    pods: [unready],
    events: [
      event(unready, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404", {
        container: "frontend",
        count: 40,
      }),
    ],
  },
  migration: {
    pods: [migrating],
    logs: [log(migrating, "migrate", "Can't locate revision identified by 'abc'")],
  },
  rollout: {
    deployments: [
      deployment("backend", {
        replicas: 1,
        updated: 1,
        stalled: 'ReplicaSet "backend-2" has timed out progressing.',
      }),
    ],
    replicaSets: [replicaSet("backend-1")],
  },
  refused: {
    deployments: [deployment("backend", { replicas: 2, updated: 1, available: 1 })],
    replicaSets: [
      replicaSet("backend-1", { failure: 'pods "backend-1-x" is forbidden: exceeded quota: small' }),
    ],
  },
  healthy: { pods: [healthy], deployments: [deployment("backend", { updated: 1, available: 1 })] },
};

test("each question has its expectation, and the other way round", () => {
  expect(questions.sort()).toEqual(Object.keys(expected).sort());
});

test.each(questions)("%s", async (name) => {
  const text = await readFile(join(folder, `${name}.txt`), "utf8");
  expect(text.trim().split("\n")).toHaveLength(1);
  const { tool, finding } = expected[name] as { tool: string; finding?: string };
  expect(toolNames).toContain(tool);
  // The model must not read the answer in its question, except where the code is the question.
  if (tool !== "get_runbook") expect(text).not.toMatch(/TF\d{4}/);
  if (tool !== "diagnose") return;
  const found = diagnose(snapshot(faults[name] as Partial<Snapshot>));
  expect(found.filter(({ causedBy }) => !causedBy).map(({ code }) => code)).toEqual(finding ? [finding] : []);
  if (finding) expect(codes).toHaveProperty(finding);
});
