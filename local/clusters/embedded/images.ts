/** Images from the Docker daemon into the node, moving only the layers that the node lacks; and out again. */
import { execa } from "execa";
import { TaskFlowError } from "../../../aiops/kagent/codes/index.ts";
import { docker, dockerClient, dockerOrFail } from "../../docker.ts";
import { lastLines, type Report } from "../../run.ts";
import type { LocalImage } from "../types.ts";
import { execArgs } from "./container.ts";

/** One name of an image on the node; see node/internal/images. */
export interface NodeImage {
  /** In full, e.g. `docker.io/library/todo-backend:v1.0.0`. */
  name: string;
  /** Digest of the manifest or index. */
  target: string;
  /** Digest of the image's configuration; "" where the node lacks it. */
  config: string;
}

/** Docker's short name in full, as the kubelet looks for it: `todo:1` -> `docker.io/library/todo:1`. Pure. */
export function fullName(ref: string): string {
  const [first = "", ...rest] = ref.split("/");
  if (rest.length > 0 && (/[.:]/.test(first) || first === "localhost")) return ref;
  return rest.length > 0 ? `docker.io/${ref}` : `docker.io/library/${ref}`;
}

/** The name under which the daemon pushes an image into the node's registry: its path there, without its host. Pure. */
export function pushName(ref: string, registryPort: number): string {
  const full = fullName(ref);
  return `127.0.0.1:${registryPort}/${full.slice(full.indexOf("/") + 1)}`;
}

/** Runs the node's `images` program. Throws TF1301 where the node does not run. */
async function imagesProgram(what: string, ...args: string[]): Promise<string> {
  const command = execArgs("images", ...args);
  const result = await docker(command);
  if (!result.failed) return result.stdout;
  if (/no such container|is not running/i.test(result.all)) {
    throw new TaskFlowError("TF1301", { what: `${what}: the node does not run` });
  }
  return (await dockerOrFail(command, { what })).stdout;
}

/** All tagged images of the node, newest first. */
export async function nodeImages(): Promise<NodeImage[]> {
  return JSON.parse(await imagesProgram("listing the node's images", "list")) as NodeImage[];
}

/**
 * Is the image among them, under its ref and its ID? Docker's ID is the digest of the configuration; with
 * containerd's image store in Docker, that of the manifest or index. Pure.
 */
export function has(images: readonly NodeImage[], { ref, id }: LocalImage): boolean {
  const name = fullName(ref);
  return images.some(
    (image) => image.name === name && (image.config === id || (image.target === id && image.config !== "")),
  );
}

/** Refs of one repository among the images, as Docker writes them, in the same order. Pure. */
export function refsOf(images: readonly NodeImage[], repository: string): string[] {
  const prefix = `${fullName(repository)}:`;
  return images
    .filter((image) => image.name.startsWith(prefix))
    .map((image) => `${repository}:${image.name.slice(prefix.length)}`);
}

/**
 * Sends the image through the registry in the node: the push skips layers that the registry has, the pull those
 * that containerd has. Where the daemon can't push, the whole image goes through a pipe, and `report` says so.
 * @throws TaskFlowError TF1204 where neither works.
 */
export async function send(ref: string, registryPort: number, report: Report): Promise<void> {
  // The daemon pushes by name, so the image gets one for the moment.
  const name = pushName(ref, registryPort);
  await dockerOrFail(["tag", ref, name]);
  const pushed = await docker(["push", name]);
  const forgotten = docker(["image", "rm", name]);
  try {
    if (pushed.failed) {
      report(`the daemon can't push to the node's registry: ${lastLines(pushed.all, 1).join("")}`);
      report(`sending the whole of ${ref} instead, which takes longer`);
      await pipe(ref);
    } else {
      await pull(ref);
    }
  } finally {
    await forgotten;
  }
}

async function pull(ref: string): Promise<void> {
  const pulled = await docker(
    execArgs(
      ...["ctr", "--namespace", "k8s.io", "images", "pull"],
      ...["--hosts-dir", "/etc/taskflow/registry-hosts", fullName(ref)],
    ),
  );
  if (pulled.failed) throw notSent(ref, pulled.all);
}

async function pipe(ref: string): Promise<void> {
  const { path } = await dockerClient();
  const save = execa(path, ["save", ref], { reject: false, encoding: "buffer", buffer: { stdout: false } });
  const result = await save.pipe(
    path,
    ["exec", "--interactive", ...execArgs("ctr", "--namespace", "k8s.io", "images", "import", "-").slice(1)],
    { reject: false, all: true },
  );
  if (result.failed) throw notSent(ref, String(result.all ?? result.shortMessage ?? ""));
}

const notSent = (ref: string, output: string): TaskFlowError =>
  new TaskFlowError("TF1204", { what: `${ref} could not be sent to the node`, detail: lastLines(output) });

/** Removes a ref from the node; absent is fine. The registry's disk is free after the node's next start. */
export async function remove(ref: string): Promise<void> {
  await imagesProgram(`removing ${ref} from the node`, "remove", fullName(ref));
}
