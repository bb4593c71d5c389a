import type { CodeEntry } from "./types.ts";

/** TF1810 to TF1819: kubectl-ai and the account that it gets. */
export const kubectlAi = {
  TF1810: {
    title: "kubectl-ai is not installed",
    cause: "`npm run kubectl-ai` starts the kubectl-ai that it finds on the PATH, and there is none.",
    fix: [
      "# install kubectl-ai v0.0.28 or newer: github.com/GoogleCloudPlatform/kubectl-ai, Installation",
      "npm run diagnose   # the same findings, without a model",
    ],
  },
  TF1811: {
    title: "no read-only account for kubectl-ai",
    cause:
      "kubectl-ai gets a ServiceAccount of its own that can only read, made with your own rights; the API server did not let it be made.",
    fix: ["kubectl --namespace {namespace} auth can-i create rolebindings", "npm run up"],
  },
  TF1812: {
    title: "read-only account can do more than read",
    cause:
      "Something in the cluster gives every ServiceAccount more rights than TaskFlow's Role does, so a model would get them too.",
    fix: ["kubectl get clusterrolebindings --output wide"],
  },
  TF1813: {
    title: "no model for kubectl-ai",
    cause: "kubectl-ai needs a model to talk to: a provider, its key, and outside Gemini the model's name.",
    fix: [
      "export GEMINI_API_KEY=...",
      "# or, for any OpenAI-compatible server: export OPENAI_API_KEY=... OPENAI_ENDPOINT=... OPENAI_MODEL=...",
    ],
  },
} as const satisfies Record<string, CodeEntry>;
