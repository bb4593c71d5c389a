/** Which pods stand behind a Service. */
import type { V1Pod, V1Service } from "@kubernetes/client-node";
import { livePods } from "./pods.ts";
import type { Snapshot } from "./types.ts";

/** The live pods that a Service's selector fits; none for a Service without a selector. */
export function selected(snapshot: Snapshot, service: V1Service): V1Pod[] {
  const wanted = Object.entries(service.spec?.selector ?? {});
  if (wanted.length === 0) return [];
  return livePods(snapshot).filter(({ metadata }) =>
    wanted.every(([key, value]) => metadata?.labels?.[key] === value),
  );
}
