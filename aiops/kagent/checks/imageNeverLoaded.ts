import { containerFinding, fact } from "./finding.ts";
import { rollbackOf } from "./history.ts";
import { earlierImage } from "./imagePull.ts";
import { containers, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

/** F02 with pull policy Never, as for images that are loaded into the node: nobody will ever bring it. */
export const imageNeverLoaded: Check = (snapshot) =>
  containers(snapshot)
    .filter(({ status }) => status.state?.waiting?.reason === "ErrImageNeverPull")
    .map((container) => {
      const image = container.spec?.image ?? container.status.image;
      return containerFinding("TF1503", container, {
        what: `${container.name} needs image ${image}, which node ${container.pod.spec?.nodeName ?? "(none)"} does not have and must not pull${earlierImage(snapshot, container)}.`,
        evidence: [
          fact("status", podRef(container.pod, container.name), container.status.state?.waiting?.message),
        ],
        values: { image },
        proposals: rollbackOf(snapshot, container),
      });
    });
