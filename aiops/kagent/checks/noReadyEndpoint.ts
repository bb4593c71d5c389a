import { fact, finding } from "./finding.ts";
import {
  readyEndpoints,
  type ServicePods,
  servicePods,
  serviceRef,
  slicesByService,
  wholly,
} from "./network/services.ts";
import { isReady, once, secondsSince } from "./pods.ts";
import type { Check, Evidence, Finding, Snapshot } from "./types.ts";

/** So long, in seconds, a start may leave a Service without a ready pod before that alone is worth a word. */
const patience = 60;

/** A Service none of whose pods is ready. */
export interface Starved extends ServicePods {
  /** Seconds since the last of its pods was ready; 0 where that is not known. */
  seconds: number;
  evidence: Evidence[];
}

/**
 * A Service selects pods, and none of them is ready. As a rule this follows from a finding about the pods, and is found
 * at once together with it (effects.ts); here it is found by itself when it lasts.
 */
export const noReadyEndpoint: Check = (snapshot) =>
  starved(snapshot)
    .filter(({ seconds }) => seconds >= patience)
    .map(starvedFinding);

export function starvedFinding({ service, pods, seconds, evidence }: Starved): Finding {
  const since = seconds > 0 ? ` (for ${Math.round(seconds)} s)` : "";
  return finding("TF1522", {
    object: serviceRef(service),
    what:
      pods.length === 0
        ? "there is no pod that it could send requests to."
        : `none of its ${pods.length} pod(s) is ready${since}, so requests to it fail.`,
    definite: false,
    evidence,
  });
}

export const starved = once((snapshot): Starved[] => {
  if (!wholly(snapshot, "pods", "services")) return [];
  const slices = slicesByService(snapshot);
  return servicePods(snapshot)
    .filter(({ service, pods, deployments, name }) => {
      if (service.spec?.publishNotReadyAddresses || pods.length + deployments.length === 0) return false;
      return !pods.some(isReady) && readyEndpoints(slices.get(name) ?? []) === 0;
    })
    .map((service) => ({
      ...service,
      seconds: unreadyFor(snapshot, service),
      evidence: evidenceOf(
        service,
        slices.get(service.name)?.flatMap(({ endpoints }) => endpoints ?? []).length,
      ),
    }));
});

function unreadyFor(snapshot: Snapshot, { pods }: ServicePods): number {
  const each = pods.map((pod) => {
    const ready = pod.status?.conditions?.find(({ type }) => type === "Ready");
    return secondsSince(snapshot, ready?.lastTransitionTime ?? pod.metadata?.creationTimestamp);
  });
  return each.length === 0 ? 0 : Math.min(...each);
}

/** @param endpoints how many the controller has listed; undefined where that was not read. */
function evidenceOf({ service, pods }: ServicePods, endpoints: number | undefined): Evidence[] {
  const text = endpoints === undefined ? `${pods.length} pod(s) selected` : `${endpoints} endpoint(s)`;
  return [fact("status", serviceRef(service), `${text}, 0 ready`)];
}
