/**
 * From the Docker daemon to the cluster's node, verified there; and back out again. Both deployers come through here:
 * the Pulumi program by its NodeImage resource, the Helm deployer directly.
 */
import { chooseCluster } from "../local/clusters/index.ts";
import type { Cluster } from "../local/clusters/types.ts";
import { docker, dockerOrFail } from "../local/docker.ts";
import type { Report } from "../local/run.ts";
import type { NodeImageInputs } from "./nodeImage.ts";

const refOf = ({ repository, tag }: Pick<NodeImageInputs, "repository" | "tag">) => `${repository}:${tag}`;

/** Puts the image on the node unless it is there, under its ID, and prunes old tags on both sides. Throws TF12xx. */
export async function deliver(inputs: NodeImageInputs, report: Report = () => {}): Promise<void> {
  const cluster = await chooseCluster(inputs.cluster);
  const image = { ref: refOf(inputs), id: inputs.imageId };
  if (!(await cluster.hasImage(image))) await cluster.loadImage(image, report);
  await tagForPeople(inputs);
  await prune(cluster, inputs, report);
}

/** Has the node the image? A cluster that does not answer has none. */
export async function isDelivered(inputs: NodeImageInputs): Promise<boolean> {
  const cluster = await chooseCluster(inputs.cluster);
  return (await cluster.running()) && (await cluster.hasImage({ ref: refOf(inputs), id: inputs.imageId }));
}

/** Takes every tag of the repository from the node; the Docker daemon keeps them for the next `up`. */
export async function withdraw(inputs: NodeImageInputs): Promise<void> {
  const cluster = await chooseCluster(inputs.cluster);
  if (!(await cluster.running())) return;
  for (const ref of await cluster.listImages(inputs.repository)) await cluster.removeImage(ref);
}

/** The contract's tags, `local` and the plain version, name the newest build in the Docker daemon. */
async function tagForPeople(inputs: NodeImageInputs): Promise<void> {
  const version = inputs.tag.slice(0, inputs.tag.lastIndexOf("-"));
  for (const tag of ["local", version]) {
    await dockerOrFail(["tag", refOf(inputs), `${inputs.repository}:${tag}`]);
  }
}

/** Keeps the newest `keep` content tags on the node and in the Docker daemon, the one just delivered among them. */
async function prune(cluster: Cluster, inputs: NodeImageInputs, report: Report): Promise<void> {
  const current = refOf(inputs);
  for (const ref of outdated(await cluster.listImages(inputs.repository), current, inputs.keep)) {
    report(`removing ${ref} from the node`);
    await cluster.removeImage(ref);
  }
  // Docker lists the newest first.
  const listed = await dockerOrFail([
    "image",
    "ls",
    "--format",
    "{{.Repository}}:{{.Tag}}",
    inputs.repository,
  ]);
  for (const ref of outdated(listed.stdout.split("\n").filter(Boolean), current, inputs.keep)) {
    report(`removing ${ref} from Docker`);
    // In use by a container of the user's own: then it stays.
    await docker(["image", "rm", ref]);
  }
}

/** The content tags (`...-<12 hex>`) beyond the newest `keep`; `refs` come newest first. Pure. */
export function outdated(refs: readonly string[], current: string, keep: number): string[] {
  const others = refs.filter((ref) => ref !== current && /:v\d+\.\d+\.\d+-[0-9a-f]{12}$/.test(ref));
  return others.slice(keep - 1);
}
