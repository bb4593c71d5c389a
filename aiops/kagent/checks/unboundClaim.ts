import type { V1PersistentVolumeClaim, V1StorageClass } from "@kubernetes/client-node";
import { fact, finding } from "./finding.ts";
import { didYouMean } from "./nearest.ts";
import { livePods, secondsSince } from "./pods.ts";
import type { Check, Evidence, ObjectRef, Snapshot } from "./types.ts";

/** A provisioner gets this long, in seconds. */
const patience = 30;

const defaultClass = "storageclass.kubernetes.io/is-default-class";

/** F16: a pod uses a volume claim that does not exist or gets no volume. */
export const unboundClaim: Check = (snapshot) => {
  const { claims } = snapshot.around;
  if (claims === undefined) return [];
  const byName = new Map(claims.map((claim) => [claim.metadata?.name, claim]));
  return [...usedClaims(snapshot)].flatMap((name) => {
    const object = { kind: "PersistentVolumeClaim", namespace: snapshot.namespace, name };
    const claim = byName.get(name);
    if (!claim) {
      const names = claims.flatMap(({ metadata }) => metadata?.name ?? []);
      return finding("TF1534", {
        object,
        what: `a pod uses volume claim ${name}, which does not exist${didYouMean(name, names)}.`,
        evidence: [],
      });
    }
    const phase = claim.status?.phase;
    if (phase === "Bound" || claim.metadata?.deletionTimestamp) return [];
    const reason = whyUnbound(snapshot, claim, object);
    if (!reason) return [];
    return finding("TF1534", {
      object,
      what: `volume claim ${name} is ${phase ?? "not bound"}: ${reason.text}.`,
      definite: reason.definite || secondsSince(snapshot, claim.metadata?.creationTimestamp) >= patience,
      evidence: [
        ...reason.evidence,
        fact(
          "spec",
          object,
          `storage class ${claim.spec?.storageClassName ?? "(none named)"}, access ${claim.spec?.accessModes?.join(", ")}, asks for ${claim.spec?.resources?.requests?.storage}`,
        ),
      ],
    });
  });
};

/** Names of the claims that live pods mount. */
function usedClaims(snapshot: Snapshot): Set<string> {
  const volumes = livePods(snapshot).flatMap((pod) => pod.spec?.volumes ?? []);
  return new Set(volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []));
}

interface Reason {
  text: string;
  definite: boolean;
  evidence: Evidence[];
}

/** Undefined while nothing is wrong: a class may wait for the first pod, and a provisioner takes a moment. */
function whyUnbound(
  snapshot: Snapshot,
  claim: V1PersistentVolumeClaim,
  object: ObjectRef,
): Reason | undefined {
  const reason = (text: string, evidence: Evidence[] = []) => ({ text, definite: true, evidence });
  if (claim.status?.phase === "Lost") return reason("the volume that it was bound to is gone");
  const classes = snapshot.around.storageClasses;
  const name = claim.spec?.storageClassName;
  const storage = classes?.find(({ metadata }) => metadata?.name === name);
  if (name && classes && !storage) {
    const names = classes.flatMap(({ metadata }) => metadata?.name ?? []);
    return reason(`it asks for storage class ${name}, which does not exist${didYouMean(name, names)}`);
  }
  if (name === undefined && classes && !classes.some(isDefault)) {
    return reason("it names no storage class, and the cluster has no default one");
  }
  const said = snapshot.events
    .filter(
      ({ involvedObject, reason: word }) =>
        involvedObject.kind === "PersistentVolumeClaim" &&
        involvedObject.name === object.name &&
        /^(ProvisioningFailed|FailedBinding|VolumeMismatch|ClaimMisbound)$/.test(word ?? ""),
    )
    .at(-1)?.message;
  if (said !== undefined) {
    const modes = claim.spec?.accessModes?.join(", ");
    const text = /access ?mode/i.test(said)
      ? `its storage does not offer access mode ${modes}`
      : "its provisioner could not make a volume";
    return reason(text, [fact("event", object, said)]);
  }
  const waits = secondsSince(snapshot, claim.metadata?.creationTimestamp);
  const chosen = claim.metadata?.annotations?.["volume.kubernetes.io/selected-node"];
  const waitsForPod = storage?.volumeBindingMode === "WaitForFirstConsumer" && chosen === undefined;
  if (waitsForPod || waits < patience) return undefined;
  return reason(
    storage?.provisioner && storage.provisioner !== "kubernetes.io/no-provisioner"
      ? `provisioner ${storage.provisioner} has made no volume in ${Math.round(waits)} s`
      : "no volume fits it, and nothing makes one",
  );
}

const isDefault = ({ metadata }: V1StorageClass): boolean => metadata?.annotations?.[defaultClass] === "true";
