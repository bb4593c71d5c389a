import { imageSpecs } from "../../components/imageBuild.ts";
import { type Outputs, outputs } from "../../components/outputs.ts";
import { currentContent } from "../../components/releaseContent.ts";
import type { Prepared } from "../../local/prepare.ts";
import type { Stack } from "../stackFile.ts";
import type { CurrentTarget, Target } from "./types.ts";

/** What the checkout and the stack's configuration say, once the preparation is done; made once. */
export function currentTarget(stack: Stack, prepared: () => Prepared): () => CurrentTarget {
  let target: CurrentTarget | undefined;
  return () => {
    if (!target) {
      const place = prepared();
      const specs = imageSpecs({ version: stack.config.version, bases: place.bases });
      const release = currentContent(stack.config, specs, place.database.revision);
      target = { stack, prepared: place, specs, release };
    }
    return target;
  };
}

/** What the deployment tells about itself. */
export function shown({ stack, prepared, release }: Target): Outputs {
  return outputs(stack.config, release.images, prepared.address.frontendUrl, prepared.access);
}
