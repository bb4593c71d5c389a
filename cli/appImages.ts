/** The images of this checkout, for the verbs that look at them: found, or built as `up` would build them. */
import { ensureImage } from "../components/builtImage.ts";
import { type ImageName, type ImageSpec, imageNames, imageSpecs } from "../components/imageBuild.ts";
import { ensureBases } from "../local/baseImages/index.ts";
import type { LocalImage } from "../local/clusters/types.ts";
import { preflight } from "../local/doctor/index.ts";
import type { StackOptions } from "./options.ts";
import { readStack } from "./stackFile.ts";
import type { Step } from "./ui/steps.ts";

export interface AppImage extends LocalImage {
  component: ImageName;
  spec: ImageSpec;
}

/** The steps that lead to them, and what they leave; `images` is complete when the steps have run. */
export async function appImages(
  options: StackOptions & { yes?: boolean },
): Promise<{ steps: Step[]; images: AppImage[] }> {
  const { config } = await readStack(options);
  const images: AppImage[] = [];
  let specs: Record<ImageName, ImageSpec> | undefined;
  const build = (component: ImageName): Step => ({
    title: `Build the ${component} image`,
    run: async (report, { signal }) => {
      const spec = specs?.[component] as ImageSpec;
      const { built, ...image } = await ensureImage(spec, { report, cancelSignal: signal });
      images.push({ component, spec, ...image });
      return built ? image.ref : `${image.ref} is built already`;
    },
  });
  const steps: Step[] = [
    {
      title: "Check Docker",
      run: (report) => preflight({ config, yes: Boolean(options.yes), only: ["docker"], report }),
    },
    {
      title: "Base images",
      run: async (report) => {
        specs = imageSpecs({ version: config.version, bases: await ensureBases(report) });
      },
    },
    ...imageNames.map(build),
  ];
  return { steps, images };
}
