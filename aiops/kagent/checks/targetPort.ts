import type { V1ContainerPort, V1ServicePort } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { nearest } from "./nearest.ts";
import {
  isHeadless,
  podPort,
  portsOf,
  type ServicePods,
  serves,
  servicePods,
  serviceRef,
  wholly,
} from "./network/services.ts";
import type { Proposal } from "./proposal.ts";
import type { Check } from "./types.ts";

/**
 * F06: a Service's targetPort is a name that no container has, or a number that none declares. A name that is missing
 * is certain; a process may listen on a port that its container does not declare, so a number is only likely.
 */
export const targetPort: Check = (snapshot) =>
  wholly(snapshot, "services") ? servicePods(snapshot).flatMap(wrongPorts) : [];

interface WrongPort {
  port: V1ServicePort;
  named: boolean;
  /** What was probably meant: a port's name, or its number where it has none. */
  meant: string | number | undefined;
}

function wrongPorts(found: ServicePods): ReturnType<Check> {
  const { service, name, pods } = found;
  const declared = distinct(pods.flatMap(portsOf));
  // A headless Service only gives addresses; the client chooses the port.
  if (isHeadless(service) || pods.length === 0) return [];
  const wrong = (service.spec?.ports ?? [])
    .filter((port) => !pods.some((pod) => serves(pod, port)))
    .map((port): WrongPort => {
      const named = podPort({}, port) === undefined;
      return { port, named, meant: meant(port, declared) };
    })
    // Pods that declare no port at all say nothing about numbers.
    .filter(({ named }) => named || declared.length > 0);
  if (wrong.length === 0) return [];
  const object = serviceRef(service);
  const listed = declared.map(portName).join(", ") || "none";
  return [
    finding("TF1523", {
      object,
      what: `${wrong.map(({ port }) => `port ${port.port} leads to targetPort ${port.targetPort ?? port.port}`).join(", ")}, which no container of its pods declares (they declare ${listed}).`,
      definite: wrong.some(({ named }) => named),
      evidence: [
        ...wrong.map(({ port }) =>
          fact("spec", object, `port: ${port.port}, targetPort: ${port.targetPort ?? port.port}`),
        ),
        fact("spec", { ...object, kind: "Pod", name: pods[0]?.metadata?.name ?? "" }, `ports: ${listed}`),
      ],
      fix: wrong.flatMap((one) => patchLine(found, one)),
      proposals: wrong.flatMap(({ port, meant }): Proposal[] =>
        meant === undefined
          ? []
          : [{ action: "patchTargetPort", service: name, port: port.port, targetPort: meant }],
      ),
    }),
  ];
}

function meant(port: V1ServicePort, declared: readonly V1ContainerPort[]): string | number | undefined {
  const fitting = declared.filter(({ protocol = "TCP" }) => protocol === (port.protocol ?? "TCP"));
  const names = fitting.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const near = nearest(String(port.targetPort), names) ?? names.find((name) => name === port.name);
  const same = fitting.find(({ containerPort }) => containerPort === port.port);
  const only = fitting.length === 1 ? fitting[0] : undefined;
  const chosen = fitting.find(({ name }) => name !== undefined && name === near) ?? same ?? only;
  return chosen?.name ?? chosen?.containerPort;
}

function distinct(ports: readonly V1ContainerPort[]): V1ContainerPort[] {
  return [...new Map(ports.map((port) => [`${portName(port)}/${port.protocol ?? "TCP"}`, port])).values()];
}

const portName = ({ name, containerPort }: V1ContainerPort): string =>
  name === undefined ? String(containerPort) : `${name}=${containerPort}`;

function patchLine({ service, name }: ServicePods, { port, meant }: WrongPort): string[] {
  if (meant === undefined) return [];
  const at = (service.spec?.ports ?? []).indexOf(port);
  const patch = JSON.stringify([{ op: "add", path: `/spec/ports/${at}/targetPort`, value: meant }]);
  return [
    `kubectl --namespace ${service.metadata?.namespace} patch service ${name} --type json --patch '${patch}'`,
  ];
}
