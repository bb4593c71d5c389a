import type { CodeEntry } from "./types.ts";

/** TF15xx: pods and rollouts, as the cluster shows them. */
export const rollout = {
  TF1501: {
    title: "container keeps crashing",
    cause: "The container exits soon after each start.",
    fix: ["npm run logs -- {component}"],
  },
  TF1502: {
    title: "image cannot be pulled",
    cause:
      "The node has no such image and its registry does not give it: wrong name or tag, no right to read it, or no way to the registry.",
    fix: ["npm run up"],
  },
  TF1503: {
    title: "image was never loaded",
    cause: "The pull policy is Never and the node does not have the image.",
    fix: ["npm run up"],
  },
  TF1504: {
    title: "configuration object or key missing",
    cause: "The pod refers to a ConfigMap or Secret, or to a key in one, that is not there.",
    fix: ["kubectl --namespace {namespace} get {kind} {name}", "npm run up"],
  },
  TF1505: {
    title: "container ran out of memory",
    cause: "The container used more than its memory limit and the kernel killed it.",
    fix: ["# raise resources.limits.memory in the stack's values", "npm run up"],
  },
  TF1506: {
    title: "no node fits the pod",
    cause: "The scheduler found no node with enough free CPU and memory, or none that the pod's rules allow.",
    fix: ["kubectl describe nodes"],
  },
  TF1507: {
    title: "container is not ready",
    cause: "The container runs, but its readiness probe fails, so it gets no requests.",
    fix: ["npm run logs -- {component}"],
  },
  TF1508: {
    title: "database migration failed",
    cause:
      "The init container that brings the schema up to date ended with an error; the old pods keep serving.",
    fix: ["npm run logs -- {component}"],
  },
  TF1509: {
    title: "rollout does not progress",
    cause: "The new pods did not become available within the Deployment's progress deadline.",
    fix: ["npm run status", "kubectl --namespace {namespace} describe deployment {name}"],
  },
  TF1510: {
    title: "pods are refused",
    cause:
      "The API server does not let the pod be created: a quota, a limit range or a Pod Security rule is against it.",
    fix: ["kubectl --namespace {namespace} describe replicaset {name}"],
  },
  TF1511: {
    title: "rollout took too long",
    cause: "The pods were not all available in the time allowed, and none shows a definite failure.",
    fix: ["npm run status", "npm run up"],
  },
  TF1512: {
    title: "container is restarted by its liveness probe",
    cause: "The container runs, but its liveness or startup probe fails, so the kubelet keeps restarting it.",
    fix: ["npm run logs -- {component} --previous"],
  },
  TF1513: {
    title: "container cannot start",
    cause:
      "The runtime could not make the container's process: no such command, wrong user or wrong architecture.",
    fix: ["kubectl --namespace {namespace} describe pod {name}"],
  },
  TF1514: {
    title: "init container failed",
    cause: "A container that has to finish before the app starts ends with an error.",
    fix: ["npm run logs -- {component}"],
  },
  TF1515: {
    title: "volume cannot be mounted",
    cause: "A volume of the pod is not there or not ready, most often a missing Secret or ConfigMap.",
    fix: ["kubectl --namespace {namespace} describe pod {name}"],
  },
  TF1516: {
    title: "container's environment is wrong",
    cause:
      "A variable that the app needs is missing or has an unusable value; it says which and does not start.",
    fix: ["npm run logs -- {component}", "npm run up"],
  },
} as const satisfies Record<string, CodeEntry>;
