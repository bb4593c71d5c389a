/** Looks for the text of secrets wherever a deployment leaves anything: files, API objects, images, logs, processes. */
import { createReadStream } from "node:fs";
import { mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createGunzip, gunzipSync } from "node:zlib";
import { execa } from "execa";
import { containerName } from "../../local/clusters/embedded/container.ts";
import { dockerOrFail } from "../../local/docker.ts";
import { repoRoot } from "../../local/paths.ts";
import { transcript } from "./cli.ts";
import { kubectl } from "./cluster.ts";

/** Bytes in pieces, and where they are. */
interface Place {
  name: string;
  bytes: AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** Of each secret, every place that holds it, sorted. @param images references in this machine's Docker */
export async function holdersOf(
  secrets: readonly string[],
  images: readonly string[],
): Promise<Record<string, string[]>> {
  const found = new Map(secrets.map((secret) => [secret, new Set<string>()]));
  const longest = Math.max(...secrets.map(({ length }) => length));
  for await (const { name, bytes } of places(images)) {
    let rest = "";
    for await (const piece of bytes) {
      const text = rest + piece.toString("latin1");
      for (const secret of secrets) if (text.includes(secret)) found.get(secret)?.add(name);
      rest = text.slice(1 - longest);
    }
  }
  for (const { name, holds } of await processes(secrets))
    for (const secret of holds) found.get(secret)?.add(name);
  return Object.fromEntries([...found].map(([secret, names]) => [secret, [...names].sort()]));
}

async function* places(images: readonly string[]): AsyncGenerator<Place> {
  yield* files(repoRoot);
  yield* objects();
  yield* logs();
  for (const image of images) yield* imageFiles(image);
  yield text("what the CLI printed", transcript.join("\n"));
}

const text = (name: string, content: string): Place => ({ name, bytes: [Buffer.from(content)] });

/** Where packages are; none of a deployment's own. */
const skipped = ["node_modules", ".git"];

async function* files(folder: string): AsyncGenerator<Place> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !skipped.includes(entry.name)) yield* files(path);
    else if (entry.isFile()) yield { name: relative(repoRoot, path), bytes: createReadStream(path) };
  }
}

interface Listed {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
}

/** Every object of every kind that can be listed, in all namespaces; Secrets and Helm's releases unpacked. */
async function* objects(): AsyncGenerator<Place> {
  const kinds = (await kubectl("api-resources", "--verbs=list", "--output=name")).split("\n").join(",");
  const { items } = JSON.parse(await kubectl("get", kinds, "--all-namespaces", "--output=json"));
  for (const item of items as Listed[]) {
    const name = `${item.kind} ${item.metadata.name}`;
    yield text(name, JSON.stringify(item));
    if (item.kind !== "Secret") continue;
    for (const [key, value] of Object.entries(item.data ?? {})) {
      const content = Buffer.from(value, "base64");
      yield { name, bytes: [content] };
      if (key === "release") yield { name, bytes: [gunzipSync(Buffer.from(content.toString(), "base64"))] };
    }
  }
}

async function* logs(): AsyncGenerator<Place> {
  for (const app of ["frontend", "backend"]) {
    const all = ["--all-containers", "--tail=-1", "--ignore-errors"];
    yield text(`log of ${app}`, await kubectl("logs", `--selector=app=${app}`, ...all));
  }
  const { stdout, stderr } = await dockerOrFail(["logs", containerName]);
  yield text("log of the node", stdout + stderr);
}

/** Configuration, history and every layer, unpacked. */
async function* imageFiles(image: string): AsyncGenerator<Place> {
  const name = `image ${image.split(":")[0]}`;
  yield text(name, (await dockerOrFail(["image", "history", "--no-trunc", image])).stdout);
  const folder = await mkdtemp(join(tmpdir(), "taskflow-image-"));
  try {
    const archive = join(folder, "image.tar");
    await dockerOrFail(["save", "--output", archive, image]);
    await execa("tar", ["-xf", archive, "-C", folder]);
    await rm(archive);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const stream = createReadStream(path);
      yield { name, bytes: (await isGzip(path)) ? stream.pipe(createGunzip()) : stream };
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await file.close();
  }
}

/** Environments and command lines of the node's processes, pods' included; each named by its program. */
async function processes(secrets: readonly string[]): Promise<{ name: string; holds: string[] }[]> {
  const script = `for folder in /proc/[0-9]*; do
  for file in environ cmdline; do
    if grep -qF -e "$1" "$folder/$file" 2>/dev/null; then echo "$file of $(cat "$folder/comm")"; fi
  done
done`;
  const found: { name: string; holds: string[] }[] = [];
  for (const secret of secrets) {
    // The searching shell has it on its own command line.
    const { stdout } = await dockerOrFail(["exec", containerName, "sh", "-c", script, "sh", secret]);
    const names = stdout.split("\n").filter((line) => line && !/^cmdline of (sh|grep)$/.test(line));
    found.push(...names.map((name) => ({ name, holds: [secret] })));
  }
  return found;
}
