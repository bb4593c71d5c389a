/** The files of an image, layer by layer, out of an archive that `docker save` made. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { run } from "../../local/run.ts";

export interface ImageFile {
  type: Header["type"];
  mode: number;
  uid: number;
  gid: number;
  /** Unix seconds. */
  mtime: number;
  size: number;
  /** What a link points to. */
  link: string;
  /** SHA-256 of its bytes; empty for what has none. */
  hash: string;
}

export interface ImageConfig {
  User: string;
  Env: string[];
  Entrypoint: string[];
  ExposedPorts?: Record<string, object>;
  Labels?: Record<string, string>;
}

export interface ImageLayer {
  /** SHA-256 of the layer's tar. */
  digest: string;
  size: number;
  /** Bytes after gzip at its default level, as registries keep it. */
  compressed: number;
  /** By path without a leading slash. */
  files: Map<string, ImageFile>;
}

export interface ImageContents {
  config: ImageConfig;
  /** The whole configuration document but for its times: when it was built, and each step of it. */
  timeless: unknown;
  layers: ImageLayer[];
  /** What a container sees: upper layers over lower ones. */
  files: Map<string, ImageFile>;
  text(path: string): string;
}

/** Texts that tests look into. */
const kept = /^(var\/lib\/dpkg\/status(\.d\/.*)?)$/;

/** Calls `use` with each entry in turn; what it leaves unread is skipped. */
async function entries(
  bytes: AsyncIterable<Buffer>,
  use: (header: Header, body: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const reader = extract();
  const fed = pipeline(bytes, reader);
  for await (const entry of reader) {
    await use(entry.header, entry as AsyncIterable<Buffer>);
    entry.resume();
  }
  await fed;
}

async function whole(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of body) parts.push(chunk);
  return Buffer.concat(parts);
}

const clean = (path: string): string => path.replace(/^\.?\//, "").replace(/\/$/, "");

async function readLayer(body: AsyncIterable<Buffer>, texts: Map<string, string>): Promise<ImageLayer> {
  const files = new Map<string, ImageFile>();
  const hash = createHash("sha256");
  const gzip = createGzip();
  let size = 0;
  let compressed = 0;
  gzip.on("data", (chunk: Buffer) => {
    compressed += chunk.length;
  });
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      hash.update(chunk);
      size += chunk.length;
      if (!gzip.write(chunk)) await once(gzip, "drain");
      yield chunk;
    }
  }
  await entries(counted(), async (header, content) => {
    const path = clean(header.name);
    const bytes = await whole(content);
    if (kept.test(path)) texts.set(path, bytes.toString());
    files.set(path, {
      type: header.type,
      mode: header.mode ?? 0,
      uid: header.uid ?? 0,
      gid: header.gid ?? 0,
      mtime: (header.mtime?.getTime() ?? 0) / 1000,
      size: header.size ?? 0,
      link: header.linkname ?? "",
      hash: header.type === "file" ? createHash("sha256").update(bytes).digest("hex") : "",
    });
  });
  gzip.end();
  await once(gzip, "end");
  return { digest: `sha256:${hash.digest("hex")}`, size, compressed, files };
}

/** Upper layers over lower ones, with what they take away (`.wh.NAME`, `.wh..wh..opq`). */
export function merged(layers: readonly Pick<ImageLayer, "files">[]): Map<string, ImageFile> {
  const all = new Map<string, ImageFile>();
  const remove = (path: string, itself: boolean) => {
    for (const known of [...all.keys()])
      if ((itself && known === path) || known.startsWith(`${path}/`)) all.delete(known);
  };
  for (const { files } of layers) {
    for (const path of files.keys()) {
      const [, folder = "", gone] = /^(?:(.*)\/)?\.wh\.([^/]+)$/.exec(path) ?? [];
      if (gone === ".wh..opq") remove(folder, false);
      else if (gone) remove(folder ? `${folder}/${gone}` : gone, true);
    }
    for (const [path, file] of files) if (!/(^|\/)\.wh\./.test(path)) all.set(path, file);
  }
  return all;
}

/** Reads an archive; some seconds for each 100 MB. */
export async function readImage(archive: string): Promise<ImageContents> {
  const json = async (name: string) => JSON.parse((await run("tar", ["-xOf", archive, name])).stdout);
  const [manifest] = (await json("manifest.json")) as { Config: string; Layers: string[] }[];
  if (!manifest) throw new Error(`${archive} holds no image`);
  const layers = new Map<string, ImageLayer>();
  const links = new Map<string, string>();
  const texts = new Map<string, string>();
  await entries(createReadStream(archive), async (header, body) => {
    const { name, type } = header;
    if (!manifest.Layers.includes(name)) return;
    // Older daemons save a layer that comes twice as a link to the first.
    if (type === "symlink") links.set(name, posix.join(posix.dirname(name), header.linkname ?? ""));
    else layers.set(name, await readLayer(body, texts));
  });
  const document = (await json(manifest.Config)) as { config: ImageConfig; history?: object[] };
  const ordered = manifest.Layers.map((name) => layers.get(links.get(name) ?? name) as ImageLayer);
  return {
    config: document.config,
    timeless: {
      ...document,
      created: undefined,
      history: document.history?.map((step) => ({ ...step, created: undefined })),
    },
    layers: ordered,
    files: merged(ordered),
    text: (path) => texts.get(path) ?? "",
  };
}
