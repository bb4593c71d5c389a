/**
 * What kube-score thinks of the chart, and the one table of what is passed over. The reasons are here rather than in
 * `kube-score/ignore` annotations, so that nobody's objects carry a test tool's annotations.
 */
import { run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import type { ValuesName } from "./helm.ts";

export interface Ignore {
  check: string;
  /** `Kind/name`; what is found in a Deployment's pods is the Deployment's. */
  objects: readonly [string, ...string[]];
  /** Where the finding comes up; anywhere else it counts. */
  values: readonly [ValuesName, ...ValuesName[]];
  reason: string;
}

const deployments = ["Deployment/frontend", "Deployment/backend"] as const;
const withPods = [...deployments, "Pod/todo-local-test-journey"] as const;

export const ignores: readonly Ignore[] = [
  {
    check: "container-image-pull-policy",
    objects: withPods,
    values: ["default", "dev", "prod"],
    reason:
      "the contract's IfNotPresent: images loaded into a laptop's nodes are in no registry; tags don't move",
  },
  {
    check: "service-type",
    objects: ["Service/frontend-service"],
    values: ["default", "dev", "prod"],
    reason: "the contract's frontend-service is a NodePort everywhere: it needs nothing else in the cluster",
  },
  {
    check: "deployment-replicas",
    objects: deployments,
    values: ["default", "dev"],
    reason: "the contract's one replica: a laptop's single node would take a second one down with the first",
  },
  {
    check: "deployment-has-host-podantiaffinity",
    objects: deployments,
    values: ["prod"],
    reason: "topologySpreadConstraints spread the pods over the nodes, which this check doesn't count",
  },
  {
    check: "deployment-has-host-podantiaffinity",
    objects: ["Deployment/backend"],
    values: ["everything"],
    reason: "as above; these values give an anti-affinity to the frontend only",
  },
  {
    check: "pod-networkpolicy",
    objects: withPods,
    values: ["default", "dev"],
    reason: "policies are asked for with networkPolicy.enabled: not every cluster's network enforces them",
  },
];

const burst =
  "requests are what a pod needs at rest and limits what it may take, so that a laptop holds them all";

/** The checks that kube-score leaves off unless asked: on here, or the reason why not. */
export const optionalChecks: Readonly<Record<string, true | string>> = {
  "container-seccomp-profile": true,
  "container-ports-check": true,
  "container-cpu-requests-equal-limits": burst,
  "container-memory-requests-equal-limits": burst,
  "container-resource-requests-equal-limits": burst,
  "container-ephemeral-storage-request-equals-limit": burst,
};

/** kube-score's grade of a warning; below it is critical. */
const warning = 5;

interface Scored {
  type_meta: { kind: string };
  object_meta: { name: string };
  checks: {
    check: { id: string };
    grade: number;
    skipped: boolean;
    comments: { path: string; summary: string }[] | null;
  }[];
}

export interface Finding {
  check: string;
  object: string;
  comments: string;
}

/** Every warning and worse about the objects of a manifest, sorted. */
export async function findings(manifest: string): Promise<Finding[]> {
  const enabled = Object.keys(optionalChecks).filter((check) => optionalChecks[check] === true);
  const result = await run(
    (await tool("kube-score")).path,
    [
      ...["score", "--kubernetes-version", "v1.34", "--output-format", "json"],
      ...enabled.flatMap((check) => ["--enable-optional-test", check]),
      ...["--disable-ignore-checks-annotations", "--disable-optional-checks-annotations", "-"],
    ],
    { input: manifest },
  );
  // It also ends with 1 when it found something critical.
  if (!result.stdout.startsWith("[")) throw new Error(result.all);
  const found = (JSON.parse(result.stdout) as Scored[]).flatMap(({ type_meta, object_meta, checks }) =>
    checks
      .filter(({ skipped, grade }) => !skipped && grade <= warning)
      .map(({ check, comments }) => ({
        check: check.id,
        object: `${type_meta.kind}/${object_meta.name}`,
        comments: (comments ?? [])
          .map(({ path, summary }) => (path ? `${path}: ${summary}` : summary))
          .join("; "),
      })),
  );
  return found.sort((a, b) => `${a.check} ${a.object}`.localeCompare(`${b.check} ${b.object}`));
}
