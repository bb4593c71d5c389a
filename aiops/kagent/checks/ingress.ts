import type { V1Ingress, V1IngressBackend, V1Service } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { nearest } from "./nearest.ts";
import { wholly } from "./network/services.ts";
import type { Check, Evidence, Finding, ObjectRef, Snapshot } from "./types.ts";

/**
 * F18: an Ingress whose class does not exist, so that no controller takes it, or whose backend names a Service or a port
 * that does not exist.
 */
export const ingress: Check = (snapshot) =>
  (snapshot.around.ingresses ?? [])
    .filter(({ metadata }) => !metadata?.deletionTimestamp)
    .flatMap((one) => {
      const problems = [...classProblems(snapshot, one), ...backendProblems(snapshot, one)];
      return problems.length === 0 ? [] : describe(one, problems);
    });

interface Problem {
  text: string;
  evidence: string;
  certain: boolean;
  /** A command that mends it. */
  fix?: string;
}

function describe(one: V1Ingress, problems: readonly Problem[]): Finding {
  const object = ingressRef(one);
  const certain = problems.some((problem) => problem.certain);
  return finding("TF1528", {
    object,
    what: `${problems.map(({ text }) => text).join("; ")}.`,
    severity: certain ? "error" : "warning",
    definite: certain,
    evidence: problems.map(({ evidence }): Evidence => fact("spec", object, evidence)),
    fix: problems.flatMap(({ fix }) => (fix ? [fix] : [])),
  });
}

const legacyClass = "kubernetes.io/ingress.class";
const defaultClass = "ingressclass.kubernetes.io/is-default-class";

function classProblems(snapshot: Snapshot, one: V1Ingress): Problem[] {
  const classes = snapshot.around.ingressClasses;
  if (!classes || !wholly(snapshot, "ingress classes")) return [];
  const name = one.spec?.ingressClassName;
  const names = classes.map(({ metadata }) => metadata?.name ?? "");
  if (name === undefined) {
    const taken =
      one.metadata?.annotations?.[legacyClass] !== undefined ||
      classes.some(({ metadata }) => metadata?.annotations?.[defaultClass] === "true");
    // Some controllers take an Ingress without a class all the same.
    const text = "it names no class and the cluster has no default one, so perhaps no controller takes it";
    return taken ? [] : [{ text, evidence: "ingressClassName: (none)", certain: false }];
  }
  if (names.includes(name)) return [];
  const near = nearest(name, names) ?? (names.length === 1 ? names[0] : undefined);
  const others = names.length === 0 ? "the cluster has none" : `there is ${names.join(", ")}`;
  return [
    {
      text: `its class ${name} does not exist (${others}), so no controller takes it`,
      evidence: `ingressClassName: ${name}`,
      certain: true,
      ...(near
        ? { fix: patchLine(one, [{ op: "replace", path: "/spec/ingressClassName", value: near }]) }
        : {}),
    },
  ];
}

interface Backend {
  backend: V1IngressBackend;
  /** JSON pointer to it. */
  path: string;
  /** Host of its rule; undefined for any. */
  host?: string;
}

/** The backends of an Ingress, the default one included. */
export function backendsOf({ spec }: V1Ingress): Backend[] {
  const rules = (spec?.rules ?? []).flatMap(({ host, http }, rule) =>
    (http?.paths ?? []).map(({ backend }, path) => ({
      backend,
      path: `/spec/rules/${rule}/http/paths/${path}/backend`,
      ...(host ? { host } : {}),
    })),
  );
  return [
    ...(spec?.defaultBackend ? [{ backend: spec.defaultBackend, path: "/spec/defaultBackend" }] : []),
    ...rules,
  ];
}

function backendProblems(snapshot: Snapshot, one: V1Ingress): Problem[] {
  const { services } = snapshot.around;
  if (!services || !wholly(snapshot, "services")) return [];
  const byName = new Map(services.map((service) => [service.metadata?.name ?? "", service]));
  const problems = backendsOf(one).flatMap(({ backend, path }): Problem[] => {
    const name = backend.service?.name;
    if (name === undefined) return [];
    const service = byName.get(name);
    if (service) return portProblem(one, service, backend, path);
    const near = nearest(name, byName.keys());
    return [
      {
        text: `its backend Service ${name} does not exist${near ? `; the nearest is ${near}` : ""}`,
        evidence: `backend: Service ${name}`,
        certain: true,
        ...(near
          ? { fix: patchLine(one, [{ op: "replace", path: `${path}/service/name`, value: near }]) }
          : {}),
      },
    ];
  });
  return [...new Map(problems.map((problem) => [problem.text, problem])).values()];
}

function portProblem(
  one: V1Ingress,
  service: V1Service,
  { service: wanted }: V1IngressBackend,
  path: string,
): Problem[] {
  const ports = service.spec?.ports ?? [];
  const { name, number } = wanted?.port ?? {};
  if (ports.length === 0 || ports.some((port) => (name ? port.name === name : port.port === number)))
    return [];
  const listed = ports.map((port) => (port.name ? `${port.name}=${port.port}` : String(port.port)));
  const only = ports.length === 1 ? ports[0] : undefined;
  return [
    {
      text: `Service ${service.metadata?.name} has no port ${name ?? number} (it has ${listed.join(", ")})`,
      evidence: `backend: Service ${service.metadata?.name}, port ${name ?? number}`,
      certain: true,
      ...(only
        ? {
            fix: patchLine(one, [
              { op: "replace", path: `${path}/service/port`, value: { number: only.port } },
            ]),
          }
        : {}),
    },
  ];
}

export function ingressRef({ metadata }: V1Ingress): ObjectRef {
  return { kind: "Ingress", namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" };
}

function patchLine({ metadata }: V1Ingress, patch: object[]): string {
  return `kubectl --namespace ${metadata?.namespace} patch ingress ${metadata?.name} --type json --patch '${JSON.stringify(patch)}'`;
}
