import type { CodeEntry } from "./types.ts";

/** TF17xx: plans, the changes that mend what the diagnosis found. */
export const plans = {
  TF1701: {
    title: "unknown plan",
    cause:
      "There is no plan of this id: it was mistyped, dropped as one of the oldest, or made by another server or before its restart.",
    fix: ["npm run mend"],
  },
  TF1702: {
    title: "plan has expired",
    cause: "A plan is good for ten minutes; the cluster may have changed since it was made.",
    fix: ["npm run mend"],
  },
  TF1703: {
    title: "plan was altered",
    cause:
      "The hash is not that of the plan: what would be applied is not what was shown, or the hash belongs to another plan.",
    fix: ["npm run mend"],
  },
  TF1704: {
    title: "plan was used before",
    cause: "A plan is applied at most once, whether that went well or not, and undone at most once.",
    fix: ["npm run mend"],
  },
  TF1705: {
    title: "object changed since the plan",
    cause:
      "Somebody, or another program, changed the object after the plan was made, so what was approved is not what would happen.",
    fix: ["npm run mend"],
  },
  TF1706: {
    title: "namespace is out of scope",
    cause: "Plans change nothing outside the namespaces that they were started for.",
    fix: ["npm run mend -- --stack {stack}"],
  },
  TF1707: {
    title: "change is not on the allow-list",
    cause:
      "Plans make eight kinds of change, each within narrow bounds: rollout undo and restart, scale, selector, target port, probe, limits, and an additional NetworkPolicy.",
    fix: ["# make this change yourself, or choose one of the list", "npm run diagnose"],
  },
  TF1708: {
    title: "another change is under way",
    cause:
      "One plan at a time is applied in a namespace: with two at once nobody could say which of them helped.",
    fix: ["npm run diagnose"],
  },
  TF1709: {
    title: "too many changes",
    cause: "As many plans were applied in this namespace within ten minutes as are allowed.",
    fix: ["npm run diagnose", "# look for the cause before the next change"],
  },
  TF1710: {
    title: "quota or limit range exceeded",
    cause: "The namespace's ResourceQuota or LimitRange has no room for what the change would need.",
    fix: ["kubectl --namespace {namespace} describe resourcequota,limitrange"],
  },
  TF1711: {
    title: "number of replicas out of bounds",
    cause: "Plans scale a Deployment to between 1 and 3 replicas.",
    fix: ["# set replicas in the stack's values", "npm run up"],
  },
  TF1712: {
    title: "autoscaler owns the replicas",
    cause:
      "A HorizontalPodAutoscaler sets this Deployment's replicas; it would set them back within seconds.",
    fix: ["kubectl --namespace {namespace} describe horizontalpodautoscaler {name}"],
  },
  TF1713: {
    title: "approval is missing",
    cause:
      "Nothing is changed before a person has said yes to this very plan: on the terminal, in the MCP client's dialogue, or by an approval code.",
    fix: ["npm run approve -- --plan plan.json", "npm run mend -- --yes {hash}"],
  },
  TF1714: {
    title: "approval was declined",
    cause: "The person who was asked said no, or closed the question.",
    fix: ["npm run diagnose"],
  },
  TF1715: {
    title: "approval code is wrong",
    cause: "The code is not that of this plan. After five wrong ones the plan is void.",
    fix: ["npm run approve -- --plan plan.json"],
  },
  TF1716: {
    title: "nothing there to change",
    cause: "The object, container, port, probe or revision that the change is about does not exist.",
    fix: ["kubectl --namespace {namespace} get deployments,services,replicasets"],
  },
  TF1717: {
    title: "change would change nothing",
    cause: "The object already is as the change would make it, so something else is the cause.",
    fix: ["npm run diagnose"],
  },
  TF1718: {
    title: "API server refuses the change",
    cause:
      "The account may not do this, a rule of the cluster is against it, the result would be invalid, or the API server does not answer.",
    fix: ["kubectl --namespace {namespace} auth can-i --list", "npm run diagnose"],
  },
  TF1719: {
    title: "change did not help and was undone",
    cause:
      "After the change the finding was still there, new errors had come, or the rollout did not complete in time. Everything is as before.",
    fix: ["npm run diagnose"],
  },
  TF1720: {
    title: "change cannot be undone",
    cause:
      "The object is no longer as the plan left it, or the API server did not take the way back. What others changed since is left alone.",
    fix: ["kubectl --namespace {namespace} get {kind} {name} --output yaml"],
  },
  TF1721: {
    title: "outcome of a change is unknown",
    cause: "The API server went away while the change was on its way; it may have arrived or not.",
    fix: ["kubectl --namespace {namespace} get {kind} {name} --output yaml", "npm run mend -- --undo {id}"],
  },
  TF1722: {
    title: "plans cannot be kept",
    cause: "The file of the plans cannot be read or written, is damaged, or another run holds it.",
    fix: ["# when no other run is at it:", "rm -f {file} {file}.lock", "npm run mend"],
  },
  TF1723: {
    title: "audit log cannot be kept",
    cause:
      "Each decision is written down before it takes effect. Where that fails, or an earlier entry was altered, nothing is changed.",
    fix: [
      "ls -l {file} {file}.lock",
      "# when no other run is at it:",
      "rm -f {file}.lock",
      "# a damaged log: move it aside, do not delete it",
      "mv {file} {file}.damaged",
    ],
  },
  TF1724: {
    title: "safety of a change cannot be checked",
    cause:
      "What would say whether the change is safe (quotas, limit ranges, autoscalers, network policies) cannot be read, and what cannot be checked is not done.",
    fix: ["kubectl --namespace {namespace} auth can-i --list", "npm run mend"],
  },
  TF1725: {
    title: "network policy would not only add",
    cause:
      "A new NetworkPolicy is added only where others already hold the traffic back; for pods that none selects it would shut out everything else.",
    fix: ["kubectl --namespace {namespace} get networkpolicies", "npm run diagnose"],
  },
  TF1726: {
    title: "finding is not there",
    cause: "The diagnosis does not show, or no longer shows, what the plan is to mend.",
    fix: ["npm run diagnose"],
  },
} as const satisfies Record<string, CodeEntry>;
