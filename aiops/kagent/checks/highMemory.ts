import { containerFinding, fact } from "./finding.ts";
import { containers, podRef } from "./pods.ts";
import { amount, mebibytes } from "./quantity.ts";
import { raiseLimit } from "./raiseLimit.ts";
import type { Check } from "./types.ts";
import { usage } from "./usage.ts";

/** Share of the limit from which the next request may be the one too many. */
const high = 0.9;

/** Before F03: the container is close to the memory limit at which the kernel kills it. */
export const highMemory: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const limit = amount(container.spec?.resources?.limits?.memory);
    const used = usage(snapshot, container, "memory");
    if (!limit || used === undefined || used < high * limit) return [];
    const { proposals, note } = raiseLimit(snapshot, container, "memory", 1.5 * used);
    return containerFinding("TF1531", container, {
      what: `${container.name} uses ${mebibytes(used)} of its memory limit of ${mebibytes(limit)} (${Math.floor((100 * used) / limit)} %)${note}.`,
      severity: "warning",
      definite: false,
      evidence: [
        fact(
          "metric",
          podRef(container.pod, container.name),
          `memory ${mebibytes(used)}, limit ${mebibytes(limit)}`,
        ),
      ],
      proposals,
    });
  });
