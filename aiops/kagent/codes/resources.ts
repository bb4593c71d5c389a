import type { CodeEntry } from "./types.ts";

/** TF153x and TF154x: what pods use, what they depend on, and what the cluster lets them have. */
export const resources = {
  TF1530: {
    title: "container is held back by its CPU limit",
    cause:
      "The container uses all the CPU that its limit gives, so the kernel makes it wait and it answers late.",
    fix: ["# raise resources.limits.cpu in the stack's values", "npm run up"],
  },
  TF1531: {
    title: "container is close to its memory limit",
    cause: "The container uses nine tenths of its memory limit or more; above the limit the kernel kills it.",
    fix: ["# raise resources.limits.memory in the stack's values", "npm run up"],
  },
  TF1532: {
    title: "autoscaler cannot work",
    cause:
      "The HorizontalPodAutoscaler has no metrics to go by, its pods have no request, or its target is not there. The number of pods stays as it is.",
    fix: ["kubectl --namespace {namespace} describe hpa {name}"],
  },
  TF1533: {
    title: "autoscaler is at its maximum",
    cause: "The load asks for more pods than the HorizontalPodAutoscaler may make.",
    fix: ["kubectl --namespace {namespace} describe hpa {name}"],
  },
  TF1534: {
    title: "volume claim is not bound",
    cause:
      "A pod uses a PersistentVolumeClaim that does not exist, or that gets no volume: wrong storage class or access mode, or nothing that makes volumes.",
    fix: [
      "kubectl --namespace {namespace} describe persistentvolumeclaim {name}",
      "kubectl get storageclasses",
    ],
  },
  TF1535: {
    title: "Kubernetes API refuses a container's call",
    cause:
      "A container calls the Kubernetes API with a service account that has no right to what it asks for.",
    fix: ["kubectl auth can-i {verb} {resource} --as {user} --namespace {namespace}"],
  },
  TF1536: {
    title: "init container does not end",
    cause: "The app's containers start after the init containers, and one of these runs on and on.",
    fix: ["kubectl --namespace {namespace} logs {name} --container {container}"],
  },
  TF1537: {
    title: "certificate has expired",
    cause:
      "A server that the container talks to showed a certificate whose time is over, or a clock is wrong.",
    fix: ["npm run logs -- {component}"],
  },
  TF1538: {
    title: "token has expired",
    cause: "The container uses, or is given again and again, a token whose time is over.",
    fix: ["npm run logs -- {component}"],
  },
  TF1539: {
    title: "node is not well",
    cause: "A node is not ready, or short of memory, disk space or process numbers.",
    fix: ["kubectl describe node {node}"],
  },
  TF1540: {
    title: "node is cordoned",
    cause: "Somebody marked the node so that it takes no new pods, as before maintenance.",
    fix: ["kubectl uncordon {node}"],
  },
  TF1541: {
    title: "pod was evicted",
    cause: "The kubelet ended the pod to save the node, or because it used more of the disk than it may.",
    fix: ["kubectl --namespace {namespace} describe pod {name}"],
  },
  TF1542: {
    title: "container runs with an old Secret",
    cause:
      "Variables are read from a Secret when a container starts; this one started before the Secret was changed.",
    fix: ["kubectl --namespace {namespace} rollout restart deployment {name}"],
  },
  TF1543: {
    title: "AI provider refuses the key",
    cause: "OPENAI_API_KEY is wrong, was withdrawn or has expired. Only the assistant needs it.",
    fix: ["pulumi config set --secret taskflow:openaiApiKey KEY", "npm run up"],
  },
  TF1544: {
    title: "AI provider does not serve",
    cause: "The provider limits the calls, the account's quota is used up, or no answer comes in time.",
    fix: ["npm run logs -- {component}"],
  },
  TF1545: {
    title: "calls to another part of the app fail",
    cause: "A container calls a part of the app of which no pod is ready.",
    fix: ["npm run logs -- {target}"],
  },
  TF1549: {
    title: "namespace does not exist",
    cause: "The cluster of this context has no namespace of that name, so there is nothing to look at.",
    fix: ["kubectl get namespaces", "npm run diagnose   # the stack's own namespace"],
  },
} as const satisfies Record<string, CodeEntry>;
