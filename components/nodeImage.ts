import * as pulumi from "@pulumi/pulumi";

export interface NodeImageInputs {
  /** The cluster, as `taskflow:cluster` names it. */
  cluster: string;
  repository: string;
  tag: string;
  /** How many tags of the repository stay, for rollbacks. */
  keep: number;
  /** The image's ID in the Docker daemon, by which the node is asked. */
  imageId: string;
}

/**
 * Runs one step of components/imageDelivery.ts with the inputs of a NodeImage. Pulumi serialises the provider below into
 * the state and runs it in another process: so it holds nothing, and finds the code in the program's own directory.
 */
async function delivery<T>(
  step: "deliver" | "isDelivered" | "withdraw",
  inputs: NodeImageInputs,
): Promise<T> {
  const { pathToFileURL } = await import("node:url");
  const { join } = await import("node:path");
  const steps = await import(pathToFileURL(join(process.cwd(), "components/imageDelivery.ts")).href);
  return steps[step](inputs);
}

const provider: pulumi.dynamic.ResourceProvider<NodeImageInputs, NodeImageInputs> = {
  async create(inputs) {
    await delivery("deliver", inputs);
    return { id: `${inputs.repository}@${inputs.cluster}`, outs: inputs };
  },
  // An image that is gone from the node is drift: the next `up` makes it anew.
  async read(id, props) {
    if (!props || !(await delivery<boolean>("isDelivered", props))) return {};
    return { id, props };
  },
  async diff(_id, olds, news) {
    const changed = (["tag", "imageId", "keep"] as const).filter((key) => olds[key] !== news[key]);
    const replaces = (["cluster", "repository"] as const).filter((key) => olds[key] !== news[key]);
    return {
      changes: changed.length + replaces.length > 0,
      replaces: [...replaces],
      deleteBeforeReplace: true,
    };
  },
  // A new tag is an update: the old one stays on the node for a rollback until `keep` newer ones are there.
  async update(_id, _olds, news) {
    await delivery("deliver", news);
    return { outs: news };
  },
  async delete(_id, props) {
    await delivery("withdraw", props);
  },
};

/** An image on the cluster's node, verified there by its ID. */
export class NodeImage extends pulumi.dynamic.Resource {
  declare readonly imageId: pulumi.Output<string>;

  constructor(
    name: string,
    args: { [K in keyof NodeImageInputs]: pulumi.Input<NodeImageInputs[K]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(provider, name, args, opts, "taskflow", "NodeImage");
  }
}
