import type { PodMetric, V1Pod } from "@kubernetes/client-node";
import { z } from "zod";
import { bounded, callTimeout, reasonOf } from "../../checks/api.ts";
import { all, pageSize } from "../../checks/gather.ts";
import { component, restartsOf, statusesOf } from "../../checks/pods.ts";
import { metricsName, podMetrics } from "../../checks/survey.ts";
import { cleanLine } from "../../checks/text.ts";
import type { NotChecked } from "../../checks/types.ts";
import type { Answer, ReadTool } from "../call.ts";
import type { ReadContext } from "../context.ts";
import * as shared from "../schemas.ts";
import { inScope } from "../scope.ts";
import { limits, used } from "../usage.ts";

const input = z.object({
  namespace: shared.namespace,
  component: shared.component,
  sortBy: z
    .enum(["name", "memory", "cpu", "restarts"])
    .default("name")
    .describe("The most first, but for name"),
  limit: z.number().int().min(1).max(200).default(50).describe("How many pods to give back"),
});

const amount = z.number().optional();
const row = z.object({
  name: z.string(),
  component: z.string(),
  state: z.string().describe("Phase, or the reason why a container waits or ended"),
  ready: z.string().describe("Ready containers of all, e.g. 1/1"),
  restarts: z.number().int(),
  node: z.string().optional(),
  startedAt: z.iso.datetime().optional(),
  memoryBytes: amount.describe("What it uses now; missing where it is not known"),
  memoryLimitBytes: amount.describe("Missing where a container has no limit"),
  memoryOfLimit: amount.describe("Used divided by the limit, 0 to 1"),
  cpuMilli: amount.describe("Thousandths of a CPU that it uses now"),
  cpuLimitMilli: amount,
});
type Row = z.output<typeof row>;

const output = z.object({
  namespace: z.string(),
  total: z.number().int().describe("Pods that match; `pods` may hold fewer"),
  pods: z.array(row),
  notChecked: shared.notChecked,
});

export const listPods: ReadTool<typeof input, typeof output> = {
  name: "list_pods",
  title: "List pods",
  description:
    "Pods of a namespace with their state, restarts, and what they use of CPU and memory against their limits. Sort by memory or cpu to see the hungriest first.",
  input,
  output,
  run: async (args, context, signal) => {
    const namespace = inScope(context.namespaces, args.namespace);
    const notChecked: NotChecked[] = [];
    const [pods, metrics] = await Promise.all([
      all(
        "pods",
        (next) =>
          context.api.core.listNamespacedPod(
            { namespace, limit: pageSize, ...next },
            bounded(callTimeout, signal),
          ),
        notChecked,
      ),
      metricsByName(context, namespace, notChecked, signal),
    ]);
    const rows = pods
      .filter((pod) => args.component === undefined || component(pod) === args.component)
      .map((pod) => describe(pod, metrics?.get(pod.metadata?.name)))
      .sort(orders[args.sortBy]);
    return asAnswer({
      namespace,
      total: rows.length,
      pods: rows.slice(0, args.limit),
      notChecked,
    });
  },
};

/** By pod name; undefined where metrics-server does not answer. */
async function metricsByName(
  { api }: ReadContext,
  namespace: string,
  notChecked: NotChecked[],
  signal: AbortSignal,
): Promise<Map<string | undefined, PodMetric> | undefined> {
  try {
    const { items } = await podMetrics(api, namespace, signal);
    return new Map(items.map((metric) => [metric.metadata.name, metric]));
  } catch (error) {
    signal.throwIfAborted();
    notChecked.push({ what: metricsName, why: reasonOf(error) });
    return undefined;
  }
}

const most = (value: (one: Row) => number | undefined) => (a: Row, b: Row) =>
  (value(b) ?? -1) - (value(a) ?? -1) || byName(a, b);
const byName = (a: Row, b: Row) => (a.name < b.name ? -1 : 1);
const orders = {
  name: byName,
  memory: most((one) => one.memoryBytes),
  cpu: most((one) => one.cpuMilli),
  restarts: most((one) => one.restarts),
} as const;

function describe(pod: V1Pod, metric: PodMetric | undefined): Row {
  const containers = pod.spec?.containers ?? [];
  const now = used(metric);
  const limit = limits(pod);
  const started = pod.status?.startTime;
  return {
    name: pod.metadata?.name ?? "",
    component: cleanLine(component(pod), 63),
    state: state(pod),
    ready: `${pod.status?.containerStatuses?.filter(({ ready }) => ready).length ?? 0}/${containers.length}`,
    restarts: restartsOf(pod),
    ...(pod.spec?.nodeName ? { node: pod.spec.nodeName } : {}),
    ...(started ? { startedAt: new Date(started).toISOString() } : {}),
    ...(now.memoryBytes === undefined ? {} : { memoryBytes: now.memoryBytes }),
    ...(limit.memoryBytes === undefined ? {} : { memoryLimitBytes: limit.memoryBytes }),
    ...(now.memoryBytes !== undefined && limit.memoryBytes
      ? { memoryOfLimit: Math.round((now.memoryBytes / limit.memoryBytes) * 100) / 100 }
      : {}),
    ...(now.cpuMilli === undefined ? {} : { cpuMilli: now.cpuMilli }),
    ...(limit.cpuMilli === undefined ? {} : { cpuLimitMilli: limit.cpuMilli }),
  };
}

function state(pod: V1Pod): string {
  if (pod.metadata?.deletionTimestamp) return "Terminating";
  const reasons = statusesOf(pod).map(
    (status) =>
      status.state?.waiting?.reason ??
      (status.state?.terminated?.exitCode ? status.state.terminated.reason : undefined),
  );
  return cleanLine(
    reasons.find((reason) => reason) ?? pod.status?.reason ?? pod.status?.phase ?? "Unknown",
    80,
  );
}

const mebibytes = (bytes: number | undefined) =>
  bytes === undefined ? "?" : `${Math.round(bytes / 1024 / 1024)}Mi`;
const millicpu = (milli: number | undefined) => (milli === undefined ? "?" : `${milli}m`);

function asAnswer(data: z.output<typeof output>): Answer<z.output<typeof output>> {
  const lines = data.pods.map((one) =>
    [
      one.name,
      one.state,
      `ready ${one.ready}`,
      `restarts ${one.restarts}`,
      `memory ${mebibytes(one.memoryBytes)} of ${mebibytes(one.memoryLimitBytes)}${one.memoryOfLimit === undefined ? "" : ` (${Math.round(one.memoryOfLimit * 100)} %)`}`,
      `cpu ${millicpu(one.cpuMilli)} of ${millicpu(one.cpuLimitMilli)}`,
    ].join("  "),
  );
  const missing = data.notChecked.map(({ what, why }) => `not checked: ${what}: ${why}`);
  const head = `${data.total} pod(s) in ${data.namespace}${data.total > data.pods.length ? `, the first ${data.pods.length}` : ""}:`;
  return { data, text: [head, ...lines, ...missing].join("\n") };
}
