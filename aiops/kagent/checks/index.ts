/** All checks, and the diagnosis they make together. */
import { aiProvider } from "./aiProvider.ts";
import { autoscaler } from "./autoscaler.ts";
import { cannotStart } from "./cannotStart.ts";
import { clusterDns } from "./clusterDns.ts";
import { cpuThrottled } from "./cpuThrottled.ts";
import { crashLoop } from "./crashLoop.ts";
import { databaseOutage } from "./databaseOutage.ts";
import { linkCauses } from "./dependencies.ts";
import { dnsPolicy } from "./dnsPolicy.ts";
import { evicted } from "./evicted.ts";
import { expired } from "./expired.ts";
import { failingCalls } from "./failingCalls.ts";
import { forbiddenCall } from "./forbiddenCall.ts";
import { hangingInit } from "./hangingInit.ts";
import { highMemory } from "./highMemory.ts";
import { imageNeverLoaded } from "./imageNeverLoaded.ts";
import { imagePull } from "./imagePull.ts";
import { ingress } from "./ingress.ts";
import { ingressHost } from "./ingressHost.ts";
import { initContainer } from "./initContainer.ts";
import { livenessProbe } from "./livenessProbe.ts";
import { migration } from "./migration.ts";
import { missingConfig } from "./missingConfig.ts";
import { withEffects } from "./network/effects.ts";
import { networkPolicy } from "./networkPolicy.ts";
import { nodeTrouble } from "./nodeTrouble.ts";
import { noReadyEndpoint } from "./noReadyEndpoint.ts";
import { outOfMemory } from "./outOfMemory.ts";
import { readinessProbe } from "./readinessProbe.ts";
import { refusedPods } from "./refusedPods.ts";
import { relate } from "./relate.ts";
import { scaledToZero } from "./scaledToZero.ts";
import { serviceReference } from "./serviceReference.ts";
import { serviceSelector } from "./serviceSelector.ts";
import { staleSecret } from "./staleSecret.ts";
import { stalledRollout } from "./stalledRollout.ts";
import { targetPort } from "./targetPort.ts";
import type { Check, Finding, Snapshot, Surroundings } from "./types.ts";
import { unboundClaim } from "./unboundClaim.ts";
import { unschedulable } from "./unschedulable.ts";
import { volumeMount } from "./volumeMount.ts";

/** One entry a kind of fault; each stands in a file of its name. */
export const checks: Readonly<Record<string, Check>> = {
  imagePull,
  imageNeverLoaded,
  missingConfig,
  cannotStart,
  outOfMemory,
  livenessProbe,
  crashLoop,
  migration,
  initContainer,
  readinessProbe,
  unschedulable,
  volumeMount,
  refusedPods,
  stalledRollout,
  serviceSelector,
  scaledToZero,
  noReadyEndpoint,
  targetPort,
  networkPolicy,
  serviceReference,
  clusterDns,
  dnsPolicy,
  ingress,
  ingressHost,
  databaseOutage,
  failingCalls,
  staleSecret,
  forbiddenCall,
  expired,
  aiProvider,
  hangingInit,
  cpuThrottled,
  highMemory,
  autoscaler,
  unboundClaim,
  nodeTrouble,
  evicted,
};

/**
 * What a check cannot do without, of what may not have been read (see types.ts): where one is undefined, the check finds
 * nothing and the diagnosis says that it could not run. No entry: pods, events, Deployments and logs are enough.
 */
export const needs: Readonly<Record<string, readonly (keyof Surroundings)[]>> = {
  staleSecret: ["secrets"],
  cpuThrottled: ["podMetrics"],
  highMemory: ["podMetrics"],
  autoscaler: ["autoscalers"],
  unboundClaim: ["claims"],
  nodeTrouble: ["nodes"],
  serviceSelector: ["services"],
  scaledToZero: ["services"],
  noReadyEndpoint: ["services"],
  targetPort: ["services"],
  networkPolicy: ["networkPolicies"],
  serviceReference: ["services"],
  clusterDns: ["clusterDns"],
  dnsPolicy: ["services"],
  ingress: ["ingresses"],
  ingressHost: ["ingresses"],
};

/** What is wrong in a snapshot: root causes first, the definite before the likely; the same input gives the same order. */
export function diagnose(snapshot: Snapshot): Finding[] {
  const all = Object.values(checks).flatMap((check) => check(snapshot));
  return withEffects(snapshot, linkCauses(snapshot, relate(snapshot, all))).sort(
    (a, b) => rank(a) - rank(b) || order(a).localeCompare(order(b)),
  );
}

const rank = (found: Finding): number =>
  (found.causedBy ? 4 : 0) + (found.confidence === "definite" ? 0 : 2) + (found.severity === "error" ? 0 : 1);

const order = ({ code, object }: Finding): string => `${code} ${object.name} ${object.container ?? ""}`;

export type { Check, Evidence, Finding, NotChecked, ObjectRef, Snapshot } from "./types.ts";
