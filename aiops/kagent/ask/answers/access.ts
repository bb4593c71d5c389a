/** Is a Service accessible? From what the API shows; no request is sent. */

import type { V1Service } from "@kubernetes/client-node";
import { hasAll, labelText } from "../../checks/network/labels.ts";
import { readyEndpoints, slicesByService } from "../../checks/network/services.ts";
import type { Finding } from "../../checks/types.ts";
import type { Answerer, Fact } from "../answer.ts";
import { count, said, type View } from "../view.ts";
import { roots, spoken } from "./health.ts";

export interface Reach {
  /** Undefined where it cannot be told. */
  accessible: boolean | undefined;
  summary: string;
  facts: Fact[];
}

export const access: Answerer = (view) => {
  const notChecked = view.gaps(/services|endpoint|polic/);
  const { services, findings } = view;
  if (services === undefined) {
    return {
      summary: `It is not known whether ${view.about} is accessible: Services could not be read.`,
      facts: [],
      findings,
      notChecked,
    };
  }
  if (services.length === 0) {
    return { summary: `No: ${view.about} has no Service.`, facts: [], findings, notChecked };
  }
  const reached = services.map((service) => reach(view, service));
  return {
    summary: reached.map(({ summary }) => summary).join(" "),
    facts: reached.flatMap(({ facts }) => facts),
    findings,
    notChecked,
  };
};

/** One Service: its address, its ready endpoints, and what stands between. */
export function reach(view: View, service: V1Service): Reach {
  const name = service.metadata?.name ?? "";
  const object = { kind: "Service", name };
  const spec = service.spec ?? {};
  const ports = (spec.ports ?? []).map(
    ({ port, nodePort }) => `${port}${nodePort ? ` (node port ${nodePort})` : ""}`,
  );
  const facts = [
    said(
      "spec",
      object,
      `${name}: ${spec.type ?? "ClusterIP"}, port ${ports.join(", ") || "none"}, for pods with ${labelText(spec.selector ?? {}) || "no selector"}`,
    ),
  ];
  if (view.snapshot.around.endpointSlices === undefined) {
    return {
      accessible: undefined,
      summary: `It is not known whether ${name} is accessible: its endpoints could not be read.`,
      facts,
    };
  }
  const slices = slicesByService(view.snapshot).get(name) ?? [];
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  const ready = readyEndpoints(slices);
  // A slice without ports has pods, but none of them has the port that the Service's targetPort names.
  const portless = ready > 0 && slices.every((slice) => (slice.ports ?? []).length === 0);
  facts.push(said("status", object, `${name}: ${ready} of ${count(endpoints.length, "endpoint")} ready`));
  const policies = (view.snapshot.around.networkPolicies ?? []).filter(({ spec: policy }) =>
    // A policy's selector without labels takes in all pods.
    hasAll(spec.selector ?? {}, policy?.podSelector?.matchLabels ?? {}),
  );
  for (const policy of policies) {
    const { name: policyName = "" } = policy.metadata ?? {};
    facts.push(
      said(
        "spec",
        { kind: "NetworkPolicy", name: policyName },
        `network policy ${policyName} says who may reach these pods`,
      ),
    );
  }
  if (ready === 0 || portless) {
    const cause = roots(view.findings)[0];
    const because = portless ? "its target port is none of the pods' ports" : "none of its pods is ready";
    return {
      accessible: false,
      summary: `No: ${name} has ${portless ? "no usable" : "no ready"} endpoint, ${because}.${cause ? ` ${spoken(cause, 0)}` : ""}`,
      facts,
    };
  }
  const fault = view.findings.find((found) => isAbout(found, name));
  if (fault) {
    return {
      accessible: false,
      summary: `${name} has ${count(ready, "ready endpoint")}, but ${spoken(fault, 0)}`,
      facts,
    };
  }
  return {
    accessible: true,
    summary: `Yes, as far as the API shows: ${name} has ${count(ready, "ready endpoint")} behind port ${ports.join(", ")}; no request was sent.`,
    facts,
  };
}

const isAbout = ({ severity, object, blastRadius = [] }: Finding, service: string): boolean =>
  severity === "error" &&
  (["Service", "NetworkPolicy"].includes(object.kind)
    ? object.name === service || blastRadius.some(({ name }) => name === service)
    : false);
