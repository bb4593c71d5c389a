import type { V1Deployment } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { alike, distance } from "./nearest.ts";
import { hasAll, type Labels, labelText } from "./network/labels.ts";
import {
  readyEndpoints,
  type ServicePods,
  servicePods,
  serviceRef,
  slicesByService,
  templateLabels,
  wholly,
} from "./network/services.ts";
import { type Workload, workloads } from "./network/workloads.ts";
import type { Check, Finding, Snapshot } from "./types.ts";

/**
 * F05: a Service selects no pod, and no Deployment whose pods it would select. One that selects pods which are not
 * ready (noReadyEndpoint.ts) or a Deployment scaled to zero (scaledToZero.ts) is something else.
 */
export const serviceSelector: Check = (snapshot) => {
  if (!wholly(snapshot, "pods", "services")) return [];
  const slices = slicesByService(snapshot);
  const all = candidates(snapshot, workloads(snapshot));
  return servicePods(snapshot)
    .filter(({ pods, deployments }) => pods.length === 0 && deployments.length === 0)
    .filter(({ name }) => readyEndpoints(slices.get(name) ?? []) === 0)
    .filter(({ selector }) => !selectsEnded(snapshot, selector))
    .map((service) => describe(snapshot, service, all));
};

/** Did the Service's pods run to their end, or are they just being replaced? */
function selectsEnded({ pods }: Snapshot, selector: Labels): boolean {
  return pods.some(({ metadata }) => hasAll(metadata?.labels ?? {}, selector));
}

interface Candidate {
  /** e.g. `Deployment backend`. */
  text: string;
  name: string;
  labels: Labels;
  deployment?: V1Deployment;
}

function candidates(snapshot: Snapshot, running: readonly Workload[]): Candidate[] {
  const deployed = snapshot.deployments.map((deployment) => {
    const name = deployment.metadata?.name ?? "";
    return { text: `Deployment ${name}`, name, labels: templateLabels(deployment), deployment };
  });
  const others = running
    .filter(({ deployment }) => !deployment)
    .map(({ ref, labels }) => ({ text: `pod ${ref.name}`, name: ref.name, labels }));
  return [...deployed, ...others];
}

function describe(snapshot: Snapshot, found: ServicePods, all: readonly Candidate[]): Finding {
  const { service, name, selector } = found;
  const { best, sure: chosen } = choose(found, all);
  // Without the Deployments it cannot be told from one that is scaled to zero.
  const sure = chosen && wholly(snapshot, "deployments");
  const object = serviceRef(service);
  const wanted = labelText(selector);
  const differs = best && Object.keys(selector).filter((key) => best.labels[key] !== selector[key]);
  const compared = best && labelText(Object.fromEntries(shared(best.labels, selector)));
  const intended = sure ? best?.deployment : undefined;
  const next = intended && mendedSelector(selector, intended, snapshot.deployments);
  return finding("TF1520", {
    object,
    what: `it selects pods with ${wanted}, and no pod has these labels${
      best ? `; nearest is ${best.text}, which differs in ${differs?.join(", ")}` : ""
    }.`,
    severity: sure ? "error" : "warning",
    definite: sure,
    evidence: [
      fact("spec", object, `selector: ${wanted}`),
      ...(best ? [fact("spec", object, `labels of ${best.text}: ${compared}`)] : []),
    ],
    ...(next
      ? {
          fix: [patchLine(object.namespace, name, selector, next)],
          proposals: [{ action: "patchSelector", service: name, selector: next }],
        }
      : {}),
  });
}

/** The labels that count in a comparison: those that the selector asks for, or else all. */
function shared(labels: Labels, selector: Labels): [string, string][] {
  const entries = Object.entries(labels);
  const common = entries.filter(([key]) => selector[key] !== undefined);
  return common.length > 0 ? common : entries;
}

/** The candidate that the Service is most likely meant for, and whether there is no doubt of it. */
function choose(
  found: ServicePods,
  all: readonly Candidate[],
): { best: Candidate | undefined; sure: boolean } {
  const size = Object.keys(found.selector).length;
  const ranked = all
    .map((candidate) => ({
      candidate,
      cost: cost(found.selector, candidate.labels),
      kin: kin(found, candidate),
    }))
    // Without one label in common, or nearly so, only the name is left to go by.
    .filter((one) => one.cost < size || one.kin)
    .sort(
      (a, b) =>
        a.cost - b.cost || Number(b.kin) - Number(a.kin) || a.candidate.name.localeCompare(b.candidate.name),
    );
  const [first, second] = ranked;
  if (!first) return { best: undefined, sure: false };
  const alone = !second || first.cost < second.cost || first.kin !== second.kin;
  // Half a point for each slip: all that differs is misspelled. Otherwise the Service's own name or labels must say so.
  const slips = Object.entries(found.selector).filter(([k, v]) => first.candidate.labels[k] !== v).length;
  return { best: first.candidate, sure: alone && (first.cost === slips / 2 || first.kin) };
}

/** 0 for each pair that the labels have, 1/2 for one that is misspelled in key or value, 1 for any other. */
function cost(selector: Labels, labels: Labels): number {
  return Object.entries(selector)
    .map(([key, value]) => {
      const has = labels[key];
      if (has === value) return 0;
      if (has !== undefined) return alike(has, value) ? 0.5 : 1;
      return misspelledKey(key, value, labels) === undefined ? 1 : 0.5;
    })
    .reduce<number>((sum, one) => sum + one, 0);
}

function misspelledKey(key: string, value: string, labels: Labels): string | undefined {
  // The equal value says as much as the key: one edit is enough to go by in a key as short as `app`.
  const near = (other: string) =>
    alike(other, key) || (Math.abs(other.length - key.length) <= 1 && distance(other, key) === 1);
  return Object.keys(labels).find((other) => labels[other] === value && near(other));
}

/** Do the Service's own name or labels say that it belongs to the candidate? */
function kin({ service, name }: ServicePods, { name: other, deployment }: Candidate): boolean {
  if (name === other || name.startsWith(`${other}-`) || name.endsWith(`-${other}`)) return true;
  const chosen = deployment?.spec?.selector?.matchLabels ?? {};
  return Object.keys(chosen).length > 0 && hasAll(service.metadata?.labels ?? {}, chosen);
}

/** The selector with what differs replaced by the template's own labels; it selects that Deployment's pods and no others. */
function mendedSelector(
  selector: Labels,
  deployment: V1Deployment,
  deployments: readonly V1Deployment[],
): Record<string, string> | undefined {
  const labels = templateLabels(deployment);
  const next: Record<string, string> = {};
  for (const [key, value] of Object.entries(selector)) {
    const other = labels[key] === undefined ? misspelledKey(key, value, labels) : key;
    const has = other === undefined ? undefined : labels[other];
    if (other !== undefined && has !== undefined) next[other] = has;
  }
  const only = (pairs: Labels) =>
    Object.keys(pairs).length > 0 &&
    deployments.every((one) => hasAll(templateLabels(one), pairs) === (one === deployment));
  if (only(next)) return next;
  const own = deployment.spec?.selector?.matchLabels ?? {};
  return only(own) ? own : undefined;
}

function patchLine(namespace: string, name: string, before: Labels, next: Labels): string {
  // A merge patch keeps the keys that it does not name: those that go are set to null.
  const gone = Object.keys(before).filter((key) => next[key] === undefined);
  const selector = { ...Object.fromEntries(gone.map((key) => [key, null])), ...next };
  return `kubectl --namespace ${namespace} patch service ${name} --type merge --patch '${JSON.stringify({ spec: { selector } })}'`;
}
