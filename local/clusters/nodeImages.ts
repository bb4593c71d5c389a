/** Which images a cluster's nodes have, and whether one of them is the very image that Docker built. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { docker } from "../docker.ts";
import { configId } from "./archive.ts";
import { fullName } from "./embedded/images.ts";
import type { LocalImage } from "./types.ts";

/** One image as a node's runtime lists it, in the words of `crictl images --output json`. */
export interface NodeImage {
  /** With or without `sha256:`. */
  id: string;
  repoTags: readonly string[] | null;
}

const withPrefix = (id: string) => (id.startsWith("sha256:") ? id : `sha256:${id}`);

/** Has this node the image of that configuration under that ref? Pure. */
export function nodeHas(images: readonly NodeImage[], ref: string, configuration: string): boolean {
  const name = fullName(ref);
  return images.some(
    (image) =>
      withPrefix(image.id) === configuration && image.repoTags?.some((tag) => fullName(tag) === name),
  );
}

/** Has every node the image, by ID? No nodes means no. */
export async function allHave(nodes: readonly (readonly NodeImage[])[], image: LocalImage): Promise<boolean> {
  const configuration = await configId(image);
  return nodes.length > 0 && nodes.every((images) => nodeHas(images, image.ref, configuration));
}

/** @throws TaskFlowError TF1203 naming what the nodes have under that ref instead. */
export async function requireAll(nodes: readonly (readonly NodeImage[])[], image: LocalImage): Promise<void> {
  if (await allHave(nodes, image)) return;
  const name = fullName(image.ref);
  const under = nodes.flatMap((images) =>
    images.filter((one) => one.repoTags?.some((tag) => fullName(tag) === name)),
  );
  const found =
    under.length > 0 ? `has another image under that name: ${under[0]?.id}` : "has none under that name";
  throw new TaskFlowError("TF1203", {
    what: `${image.ref} (${await configId(image)}) was sent, but the node ${found}`,
  });
}

/**
 * The refs of one repository among the nodes' images, newest first. Nodes don't tell an image's age, so Docker's order
 * counts; what Docker no longer has is older still.
 */
export async function refsOf(
  nodes: readonly (readonly NodeImage[])[],
  repository: string,
): Promise<string[]> {
  const prefix = `${fullName(repository)}:`;
  const tags = new Set(
    nodes
      .flat()
      .flatMap((image) => image.repoTags ?? [])
      .map(fullName)
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length)),
  );
  const listed = await docker(["image", "ls", "--format", "{{.Tag}}", repository]);
  const ordered = listed.stdout.split("\n").filter((tag) => tags.has(tag));
  return [...new Set([...ordered, ...tags])].map((tag) => `${repository}:${tag}`);
}
