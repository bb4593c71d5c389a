/** The frontend's port on the nodes: a cluster gives each to one Service, whatever its namespace. */
import type { V1Service } from "@kubernetes/client-node";
import { bounded, connect, reasonOf, statusOf } from "../aiops/kagent/checks/api.ts";
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import type { StackConfig } from "../components/stackConfig.ts";
import type { KubeAccess } from "../local/clusters/types.ts";
import type { Prepared } from "../local/prepare.ts";
import type { Stack } from "./stackFile.ts";
import type { Step } from "./ui/steps.ts";

/** What the chart calls the Service that may have the port. */
const own = "frontend-service";
const range = { first: 30_000, last: 32_767 };

/** Comes before all that applies: the API would refuse the Service alone, amid a release that is there otherwise. */
export function nodePortStep({ config }: Stack, prepared: () => Prepared): Step {
  return {
    title: "The frontend's port on the nodes",
    run: (_report, { signal }) => requireNodePort(prepared().access, config, signal),
  };
}

/**
 * Sees to it that the stack's node port is free, or its own frontend's.
 * @returns why nobody could look; undefined as a rule.
 * @throws TaskFlowError TF1310 (another Service has it), TF1301 (no answer).
 */
export async function requireNodePort(
  access: KubeAccess,
  { namespace, nodePort, stack }: Pick<StackConfig, "namespace" | "nodePort" | "stack">,
  signal?: AbortSignal,
): Promise<string | undefined> {
  let services: V1Service[];
  try {
    services = (await connect(access).core.listServiceForAllNamespaces({}, bounded(10_000, signal))).items;
  } catch (error) {
    signal?.throwIfAborted();
    // Who may use one namespace only can deploy all the same; the API has the last word then.
    if (statusOf(error) === 403) return "not looked: this context may not list all Services";
    throw new TaskFlowError("TF1301", {
      what: `context ${access.context} does not list its Services: ${reasonOf(error)}`,
      cause: error,
    });
  }
  const holder = services.find((service) => portsOf(service).includes(nodePort))?.metadata;
  if (!holder || (holder.namespace === namespace && holder.name === own)) return undefined;
  const free = freePort(nodePort, new Set(services.flatMap(portsOf)));
  throw new TaskFlowError("TF1310", {
    what: `Service ${holder.namespace}/${holder.name} has port ${nodePort} of the nodes, which ${namespace}/${own} is to get`,
    values: { stack, ...(free === undefined ? {} : { freePort: String(free) }) },
  });
}

/** A load balancer's health check takes its port from the same range. */
const portsOf = ({ spec }: V1Service): number[] =>
  [...(spec?.ports ?? []).map(({ nodePort }) => nodePort), spec?.healthCheckNodePort].filter(
    (port) => port !== undefined,
  );

/** The next free one above `taken`, and after the end of the range from its start. Pure. */
export function freePort(taken: number, all: ReadonlySet<number>): number | undefined {
  const size = range.last - range.first + 1;
  for (let step = 1; step < size; step++) {
    const port = range.first + ((taken - range.first + step) % size);
    if (!all.has(port)) return port;
  }
  return undefined;
}
