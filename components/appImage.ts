import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { imageRef } from "./chartValues.ts";
import type { ImageSpec } from "./imageBuild.ts";
import { NodeImage } from "./nodeImage.ts";

export interface AppImageArgs {
  /** What to build; its tag is the hash of its content, known before anything is built. */
  spec: ImageSpec;
  /** The cluster to deliver to, as `taskflow:cluster` names it; with `registry` the image is pushed instead. */
  cluster: string;
  /** Registry path to push to, e.g. ghcr.io/me. Default: deliver to the cluster's node. */
  registry?: string | undefined;
  /** How many tags of this image stay on this machine and on the node. */
  keep: number;
  /** Leave the image as the last `up` made it: a rollback runs an older one. */
  frozen?: boolean;
}

/** One of the app's images: built from source, delivered to the node and verified there. */
export class AppImage extends pulumi.ComponentResource {
  /** The image's ID as Docker has it (`sha256:...`), or its digest in the registry. */
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: AppImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("taskflow:index:AppImage", name, {}, opts);
    const { spec, registry } = args;
    const { repository, tag } = imageRef(spec, registry);
    const frozen = (...inputs: string[]) => (args.frozen ? { ignoreChanges: inputs } : {});

    const image = new docker.Image(
      name,
      {
        imageName: `${repository}:${tag}`,
        build: {
          context: spec.context,
          dockerfile: spec.dockerfile,
          target: spec.target,
          platform: spec.platform,
          args: spec.args,
          builderVersion: docker.BuilderVersion.BuilderBuildKit,
        },
        skipPush: !registry,
      },
      { parent: this, ...frozen("imageName", "build") },
    );

    if (registry) {
      this.id = image.repoDigest;
    } else {
      const delivered = new NodeImage(
        name,
        {
          cluster: args.cluster,
          repository: spec.repository,
          tag: spec.tag,
          keep: args.keep,
          imageId: image.repoDigest,
        },
        { parent: this, dependsOn: image, ...frozen("tag", "keep") },
      );
      this.id = delivered.imageId;
    }
    this.registerOutputs({ id: this.id });
  }
}
