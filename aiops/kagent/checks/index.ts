/** All checks, and the diagnosis they make together. */
import { cannotStart } from "./cannotStart.ts";
import { clusterDns } from "./clusterDns.ts";
import { crashLoop } from "./crashLoop.ts";
import { dnsPolicy } from "./dnsPolicy.ts";
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
import { noReadyEndpoint } from "./noReadyEndpoint.ts";
import { outOfMemory } from "./outOfMemory.ts";
import { readinessProbe } from "./readinessProbe.ts";
import { refusedPods } from "./refusedPods.ts";
import { relate } from "./relate.ts";
import { scaledToZero } from "./scaledToZero.ts";
import { serviceReference } from "./serviceReference.ts";
import { serviceSelector } from "./serviceSelector.ts";
import { stalledRollout } from "./stalledRollout.ts";
import { targetPort } from "./targetPort.ts";
import type { Check, Finding, Snapshot } from "./types.ts";
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
};

/** What is wrong in a snapshot: root causes first, the definite before the likely; the same input gives the same order. */
export function diagnose(snapshot: Snapshot): Finding[] {
  const all = Object.values(checks).flatMap((check) => check(snapshot));
  return withEffects(snapshot, relate(snapshot, all)).sort(
    (a, b) => rank(a) - rank(b) || order(a).localeCompare(order(b)),
  );
}

const rank = (found: Finding): number =>
  (found.causedBy ? 4 : 0) + (found.confidence === "definite" ? 0 : 2) + (found.severity === "error" ? 0 : 1);

const order = ({ code, object }: Finding): string => `${code} ${object.name} ${object.container ?? ""}`;

export type { Check, Evidence, Finding, NotChecked, ObjectRef, Snapshot } from "./types.ts";
