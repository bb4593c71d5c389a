import type { V1EndpointSlice, V1NetworkPolicy, V1Pod, V1Service } from "@kubernetes/client-node";
import { z } from "zod";
import { bounded, callTimeout, reasonOf, statusOf } from "../../checks/api.ts";
import { all, pageSize } from "../../checks/gather.ts";
import { hasAll, labelText, type Truth } from "../../checks/network/labels.ts";
import { type Endpoint, podEndpoint, type Verdict, verdict } from "../../checks/network/policies.ts";
import { podPort, portsOf, readyEndpoints } from "../../checks/network/services.ts";
import { component, isReady } from "../../checks/pods.ts";
import { cleanLine } from "../../checks/text.ts";
import type { NotChecked } from "../../checks/types.ts";
import { TaskFlowError } from "../../codes/index.ts";
import type { ReadTool } from "../call.ts";
import type { ReadContext } from "../context.ts";
import * as shared from "../schemas.ts";
import { inScope } from "../scope.ts";

const input = z.object({
  namespace: shared.namespace,
  service: z.string().min(1).max(63).describe("Name of the Service"),
  from: z
    .string()
    .max(63)
    .optional()
    .describe("The part of the app that calls it (label `app`), for the NetworkPolicies, e.g. frontend"),
});

const step = z.object({
  step: z.enum(["pods", "endpoints", "port", "networkPolicy"]),
  ok: z.enum(["yes", "no", "unknown"]),
  detail: z.string(),
});
type Step = z.output<typeof step>;

const output = z.object({
  namespace: z.string(),
  service: z.string(),
  type: z.string(),
  ports: z.array(z.object({ port: z.number().int(), targetPort: z.string(), protocol: z.string() })),
  reachable: z
    .enum(["yes", "no", "unknown"])
    .describe("By its configuration: no request was sent. no: one of the steps fails"),
  steps: z.array(step),
  notChecked: shared.notChecked,
});

export const checkService: ReadTool<typeof input, typeof output> = {
  name: "check_service",
  title: "Check a Service's way to its pods",
  description:
    "Follows a Service to its pods: selector, ready endpoints, target port, and the NetworkPolicies on the way. Reads the configuration only, so it also says why. Answers: is the backend service accessible?",
  input,
  output,
  run: async (args, context, signal) => {
    const namespace = inScope(context.namespaces, args.namespace);
    const { service, slices, pods, policies, notChecked } = await read(
      context,
      namespace,
      args.service,
      signal,
    );
    const selector = service.spec?.selector ?? {};
    const selected = pods.filter(
      (pod) => Object.keys(selector).length > 0 && hasAll(pod.metadata?.labels ?? {}, selector),
    );
    const sender = args.from === undefined ? undefined : pods.find((pod) => component(pod) === args.from);
    const steps = [
      podsStep(selector, selected, pods),
      endpointsStep(slices, selected),
      ...portSteps(service, selected),
      ...policySteps(service, selected, policies, args.from, sender, namespace),
    ];
    const data = {
      namespace,
      service: args.service,
      type: service.spec?.type ?? "ClusterIP",
      ports: (service.spec?.ports ?? []).map(({ port, targetPort, protocol }) => ({
        port,
        targetPort: String(targetPort ?? port),
        protocol: protocol ?? "TCP",
      })),
      reachable: (["no", "unknown"] as const).find((ok) => steps.some((one) => one.ok === ok)) ?? "yes",
      steps,
      notChecked,
    } satisfies z.output<typeof output>;
    const lines = steps.map(({ step, ok, detail }) => `- ${step}: ${ok}; ${detail}`);
    const missing = notChecked.map(({ what, why }) => `not checked: ${what}: ${why}`);
    const head = `Service ${args.service} in ${namespace}, by its configuration reachable: ${data.reachable}`;
    return { data, text: [head, ...lines, ...missing].join("\n") };
  },
};

interface Read {
  service: V1Service;
  slices: V1EndpointSlice[] | undefined;
  pods: V1Pod[];
  policies: V1NetworkPolicy[] | undefined;
  notChecked: NotChecked[];
}

async function read(
  { api }: ReadContext,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Read> {
  const notChecked: NotChecked[] = [];
  const options = () => bounded(callTimeout, signal);
  const optional = <T>(what: string, list: Promise<T[]>): Promise<T[] | undefined> =>
    list.catch((error: unknown) => {
      signal.throwIfAborted();
      notChecked.push({ what, why: reasonOf(error) });
      return undefined;
    });
  const page = { namespace, limit: pageSize };
  const [service, pods, slices, policies] = await Promise.all([
    api.core.readNamespacedService({ namespace, name }, options()).catch((error: unknown) => {
      if (statusOf(error) !== 404) throw error;
      throw new TaskFlowError("TF1739", {
        what: `${namespace} has no Service "${cleanLine(name, 80)}"`,
        values: { namespace, kind: "services" },
      });
    }),
    all("pods", (next) => api.core.listNamespacedPod({ ...page, ...next }, options()), notChecked),
    optional(
      "endpoint slices",
      all(
        "endpoint slices",
        (next) =>
          api.discovery.listNamespacedEndpointSlice(
            { ...page, ...next, labelSelector: `kubernetes.io/service-name=${name}` },
            options(),
          ),
        notChecked,
      ),
    ),
    optional(
      "network policies",
      all(
        "network policies",
        (next) => api.networking.listNamespacedNetworkPolicy({ ...page, ...next }, options()),
        notChecked,
      ),
    ),
  ]);
  // A pod that is finished or goes away gets no traffic, and says nothing about the Service.
  const live = pods.filter(
    ({ metadata, status }) =>
      !metadata?.deletionTimestamp && !["Succeeded", "Failed"].includes(status?.phase ?? ""),
  );
  return { service, pods: live, slices, policies, notChecked };
}

function podsStep(
  selector: Record<string, string>,
  selected: readonly V1Pod[],
  pods: readonly V1Pod[],
): Step {
  const wanted = cleanLine(labelText(selector), 200);
  if (wanted === "") {
    return { step: "pods", ok: "unknown", detail: "it has no selector: somebody else makes its endpoints" };
  }
  if (selected.length > 0) {
    const ready = selected.filter(isReady).length;
    return {
      step: "pods",
      ok: "yes",
      detail: `selector ${wanted} takes ${selected.length} pod(s), ${ready} ready`,
    };
  }
  const near = [...new Set(pods.map((pod) => component(pod)))].sort().slice(0, 8).join(", ");
  const others =
    pods.length > 0 ? `; the namespace has pods of ${cleanLine(near, 200)}` : "; the namespace has no pods";
  return { step: "pods", ok: "no", detail: `selector ${wanted} takes no pod${others}` };
}

function endpointsStep(slices: readonly V1EndpointSlice[] | undefined, selected: readonly V1Pod[]): Step {
  if (!slices) return { step: "endpoints", ok: "unknown", detail: "endpoint slices could not be read" };
  const ready = readyEndpoints(slices);
  const count = slices.reduce((sum, { endpoints }) => sum + (endpoints?.length ?? 0), 0);
  const unready = selected.filter((pod) => !isReady(pod)).map((pod) => pod.metadata?.name ?? "");
  const who = unready.length > 0 ? `; not ready: ${unready.sort().slice(0, 5).join(", ")}` : "";
  return { step: "endpoints", ok: ready > 0 ? "yes" : "no", detail: `${ready} of ${count} ready${who}` };
}

function portSteps(service: V1Service, selected: readonly V1Pod[]): Step[] {
  const [pod] = selected;
  if (!pod) return [];
  return (service.spec?.ports ?? []).map((port): Step => {
    const target = String(port.targetPort ?? port.port);
    const number = podPort(pod, port);
    const declared = portsOf(pod);
    const has = declared
      .map(({ name, containerPort }) => `${containerPort}${name ? ` (${name})` : ""}`)
      .join(", ");
    if (number === undefined) {
      return {
        step: "port",
        ok: "no",
        detail: `${port.port} -> "${target}": no container port has that name; declared: ${has || "none"}`,
      };
    }
    if (declared.some(({ containerPort }) => containerPort === number)) {
      return { step: "port", ok: "yes", detail: `${port.port} -> ${number}, which a container declares` };
    }
    // Declaring a port is not needed to listen on it.
    const ok = declared.length > 0 ? "no" : "unknown";
    return {
      step: "port",
      ok,
      detail: `${port.port} -> ${number}, which no container declares; declared: ${has || "none"}`,
    };
  });
}

function policySteps(
  service: V1Service,
  selected: readonly V1Pod[],
  policies: readonly V1NetworkPolicy[] | undefined,
  from: string | undefined,
  sender: V1Pod | undefined,
  namespace: string,
): Step[] {
  const [to] = selected;
  if (!to) return [];
  const step = "networkPolicy" as const;
  if (!policies) return [{ step, ok: "unknown", detail: "network policies could not be read" }];
  if (from !== undefined && !sender) {
    return [{ step, ok: "unknown", detail: `no pod of "${cleanLine(from, 63)}" is there to ask for` }];
  }
  return (service.spec?.ports ?? []).flatMap((port): Step[] => {
    const number = podPort(to, port);
    if (number === undefined) return [];
    const connection = {
      from: sender ? throughServices(sender, namespace) : anyPod(namespace),
      to: throughServices(to, namespace),
      port: number,
      protocol: port.protocol ?? "TCP",
    };
    const into = verdict(policies, connection, "Ingress");
    if (!sender) {
      const free = into.deciding.length === 0;
      const detail = free
        ? `no policy selects the pods, so all may send to ${number}`
        : `${namesOf(into)} decide who may send to ${number}; give \`from\` to know for one part of the app`;
      return [{ step, ok: free ? "yes" : answer(into.allowed), detail }];
    }
    const out = verdict(policies, connection, "Egress");
    return [
      { step, ok: answer(into.allowed), detail: policyText("into the pods", number, into) },
      { step, ok: answer(out.allowed), detail: policyText(`out of ${from}`, number, out) },
    ];
  });
}

/** Some pod of the namespace, of which nothing more is known. */
const anyPod = (namespace: string): Endpoint => ({ namespace, labels: {}, partialLabels: true, ips: [] });

/** Others may reach it through a Service's address. */
const throughServices = (pod: V1Pod, namespace: string): Endpoint => ({
  ...podEndpoint(pod, namespace),
  otherIps: true,
});

const namesOf = ({ deciding }: Verdict): string =>
  deciding
    .map(({ metadata }) => metadata?.name ?? "")
    .sort()
    .join(", ");

function policyText(where: string, port: number, found: Verdict): string {
  const { allowed, deciding } = found;
  if (deciding.length === 0) return `${where}: no policy, all is allowed`;
  const names = namesOf(found);
  if (allowed === undefined)
    return `${where}: ${names} may allow port ${port}; it depends on addresses or namespaces`;
  return `${where}: ${names} ${allowed ? "allow" : "have no rule that allows"} port ${port}`;
}

const answer = (truth: Truth): Step["ok"] => (truth === undefined ? "unknown" : truth ? "yes" : "no");
