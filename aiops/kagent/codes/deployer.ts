import type { CodeEntry } from "./types.ts";

/** TF16xx: Pulumi and Helm. */
export const deployer = {
  TF1601: {
    title: "Pulumi failed",
    cause: "The Pulumi CLI ended with an error.",
    fix: ["npm run doctor"],
  },
  TF1602: {
    title: "Helm failed",
    cause: "The Helm CLI ended with an error; the cluster was left as Helm's output says.",
    fix: ["helm history {release} --namespace {namespace}", "npm run up"],
  },
  TF1603: {
    title: "secrets cannot be decrypted",
    cause:
      "PULUMI_CONFIG_PASSPHRASE, or the stack's secrets provider, is not the one that encrypted this stack.",
    fix: ["export PULUMI_CONFIG_PASSPHRASE=…", "npm run up -- --stack {stack}"],
  },
  TF1604: {
    title: "deployed otherwise",
    cause:
      "The objects belong to the deployer, the mode and the cluster that they were made with. Two owners would undo each other's changes, and objects on another cluster would stay for ever.",
    fix: ["npm run destroy -- --stack {stack}", "# then the same command again"],
  },
  TF1605: {
    title: "Pulumi is not available",
    cause:
      "The Pulumi CLI or one of the provider plugins is not installed and could not be downloaded. Helm deploys the same images and values.",
    fix: ["npm run up -- --deployer helm", "npm run doctor"],
  },
  TF1606: {
    title: "stack is locked",
    cause: "Another Pulumi run works on this stack, or one was ended before it could remove its lock.",
    fix: ["pulumi cancel --stack {stack}", "npm run up"],
  },
  TF1607: {
    title: "Helm release is busy",
    cause: "Another Helm run works on this release, or one was ended half-way and left it pending.",
    fix: [
      "helm history {release} --namespace {namespace}",
      "helm rollback {release} --namespace {namespace}",
    ],
  },
  TF1608: {
    title: "no deployment to return to",
    cause:
      "A rollback returns to a deployment that `npm run up` recorded in this checkout and whose rollout completed; `destroy` forgets them.",
    fix: ["npm run rollback -- --list", "npm run up"],
  },
  TF1609: {
    title: "the earlier images are gone",
    cause:
      "The node keeps the images of the last `taskflow:keepImages` versions; those of this deployment were removed since, or the cluster was made anew.",
    fix: [
      "npm run rollback -- --list",
      "# or check out the source of that version, then:",
      "npm run up -- --stack {stack}",
    ],
  },
  TF1610: {
    title: "deployment record damaged",
    cause:
      "What `npm run up` noted of a deployment in .taskflow was changed by something else, or the disk failed. The cluster runs on as it is.",
    fix: [
      "npm run rollback -- --stack {stack} --list",
      "# --to returns to another one of these; this forgets the damaged one:",
      "rm -r {record}",
    ],
  },
} as const satisfies Record<string, CodeEntry>;
