import type { CodeEntry } from "./types.ts";

/** TF13xx: the cluster. */
export const cluster = {
  TF1301: {
    title: "cluster not running",
    cause: "The cluster that this checkout made or was told to use does not answer.",
    fix: ["npm run up"],
  },
  TF1303: {
    title: "context is not local",
    cause:
      "The dev stack deploys without asking, so it refuses a cluster whose API is not on this machine unless the configuration allows that context by name.",
    fix: ["pulumi config set --stack {stack} --path 'taskflow:allowContexts[0]' {context}"],
  },
  TF1304: {
    title: "Kubernetes is too old",
    cause: "The chart and its checks need Kubernetes 1.28 or newer.",
    fix: ["npm run up -- --cluster embedded"],
  },
  TF1305: {
    title: "context not found",
    cause: "The kubeconfig has no context of that name.",
    fix: ["kubectl config get-contexts"],
  },
  TF1306: {
    title: "cluster did not start",
    cause: "The cluster was created, but its API or its node was not ready in time.",
    fix: ["npm run destroy", "npm run up"],
  },
  TF1307: {
    title: "the cluster refused the request",
    cause: "The credentials of this context are not accepted, or lack the right that the call needs.",
    fix: ["kubectl auth can-i --list --namespace {namespace}"],
  },
  TF1308: {
    title: "no such cluster",
    cause: "kind or k3d knows no cluster of that name, or several and none of them was named.",
    fix: ["npm run up -- --cluster embedded"],
  },
  TF1309: {
    title: "cluster could not be stopped",
    cause: "The tool that runs the cluster ended with an error.",
    fix: ["npm run status", "npm run destroy"],
  },
  TF1310: {
    title: "node port taken",
    cause:
      "A port of the nodes belongs to one Service of the whole cluster, and another one has the port that the frontend's Service is to get. Nothing was applied.",
    fix: ["pulumi config set --stack {stack} taskflow:nodePort {freePort}", "npm run up -- --stack {stack}"],
  },
} as const satisfies Record<string, CodeEntry>;
