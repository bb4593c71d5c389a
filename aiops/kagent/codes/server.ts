import type { CodeEntry } from "./types.ts";

/** TF1730 to TF1749: the MCP server. */
export const server = {
  TF1730: {
    title: "MCP server option wrong",
    cause: "A flag or environment variable of the MCP server is unknown, missing or has an unusable value.",
    fix: ["node aiops/kagent/server.ts --help"],
  },
  TF1731: {
    title: "MCP server would be open to the network",
    cause:
      "It was told to listen on an address that other machines reach, but not how callers prove who they are.",
    fix: [
      "node aiops/kagent/server.ts --transport http --host {host} --auth token --token-file FILE --allow-hosts NAME",
    ],
  },
  TF1732: {
    title: "MCP server cannot listen",
    cause: "The port belongs to another program, or the address to another machine.",
    fix: ["node aiops/kagent/server.ts --transport http --port {freePort}"],
  },
  TF1733: {
    title: "namespace out of scope",
    cause:
      "The MCP server looks at the namespaces of its allow-list only, whatever its rights in the cluster.",
    fix: [
      "# ask about one of the namespaces in scope, or start the server with more of them:",
      "node aiops/kagent/server.ts --namespaces {namespaces}",
    ],
  },
  TF1734: {
    title: "MCP caller not accepted",
    cause:
      "The request has no bearer token, one that is wrong or expired, or one of a caller not on the list.",
    fix: [
      "# send the header: Authorization: Bearer TOKEN",
      "kubectl --namespace {namespace} create token {serviceAccount} --audience {audience}",
    ],
  },
  TF1735: {
    title: "too many MCP requests",
    cause:
      "A caller sends more requests than its share, or more are under way than the server takes at once.",
    fix: ["# wait as long as the Retry-After header says, then send fewer at once"],
  },
  TF1736: {
    title: "MCP request too large",
    cause: "The body of the request is larger than any call of these tools needs.",
    fix: ["# send names and filters, not file contents"],
  },
  TF1737: {
    title: "MCP server has no way to a cluster",
    cause:
      "It runs in no pod with a service account, and was given no kubeconfig with a context that is in it.",
    fix: ["kubectl config get-contexts", "node aiops/kagent/server.ts --kubeconfig FILE --context {context}"],
  },
  TF1738: {
    title: "cluster did not answer the MCP server",
    cause: "The API server cannot be reached, broke off, or took longer than the tool may wait.",
    fix: ["kubectl get --raw /readyz", "npm run status"],
  },
  TF1739: {
    title: "no such object in the namespace",
    cause: "The name that was asked for is not there: deleted, misspelled, or in another namespace.",
    fix: ["kubectl --namespace {namespace} get {kind}"],
  },
  TF1740: {
    title: "Host or Origin not allowed",
    cause:
      "The request came under a host name, or from a web page, that the server does not know. A browser could be tricked into sending it (DNS rebinding).",
    fix: ["node aiops/kagent/server.ts --transport http --allow-hosts {hosts}"],
  },
  TF1741: {
    title: "no such runbook",
    cause: "The code is not in the registry.",
    fix: ["# codes are listed as resources taskflow://runbooks/CODE, and in docs/runbooks/README.md"],
  },
} as const satisfies Record<string, CodeEntry>;
