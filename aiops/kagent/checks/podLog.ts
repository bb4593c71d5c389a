/** Reads a bounded piece of a log, whatever the server sends. */
import { Observable, type ResponseContext } from "@kubernetes/client-node";
import { type Api, bounded, callTimeout } from "./api.ts";
import { cleanTail } from "./text.ts";
import type { LogTail } from "./types.ts";

/** How much of a log the diagnosis reads. */
const tailLines = 60;
const tailBytes = 256 * 1024;

export interface LogRequest {
  namespace: string;
  name: string;
  container: string;
  previous: boolean;
  tailLines: number;
  /** Asked of the server, and held to here: a proxy or an old kubelet may send more. */
  limitBytes: number;
  /** Only what was written in the last so many seconds. */
  sinceSeconds?: number;
}

/**
 * Bytes that are no UTF-8 become U+FFFD.
 * @throws what the API client throws.
 */
export async function podLog(
  api: Api,
  request: LogRequest,
  signal?: AbortSignal,
): Promise<{ text: string; truncated: boolean }> {
  const options = bounded(callTimeout, signal);
  let read: Buffer = Buffer.alloc(0);
  options.middleware?.push({
    pre: (context) => new Observable(Promise.resolve(context)),
    post: (response: ResponseContext) => {
      if (response.httpStatusCode === 200) {
        const { body } = response;
        response.body = {
          binary: () => body.binary(),
          stream: () => body.stream(),
          text: async () => {
            read = await readAtMost(body.stream(), request.limitBytes);
            return "";
          },
        };
      }
      return new Observable(Promise.resolve(response));
    },
  });
  await api.core.readNamespacedPodLog(request, options);
  return { text: new TextDecoder().decode(read), truncated: read.length >= request.limitBytes };
}

/**
 * The last lines of a container's log, cleaned.
 * @param sinceSeconds only what was written in the last so many seconds.
 * @throws what the API client throws.
 */
export async function logTail(
  api: Api,
  namespace: string,
  { pod, container, previous }: Omit<LogTail, "lines">,
  { sinceSeconds, signal }: { sinceSeconds?: number; signal?: AbortSignal } = {},
): Promise<LogTail> {
  const since = sinceSeconds === undefined ? {} : { sinceSeconds };
  const limits = { tailLines, limitBytes: tailBytes, ...since };
  const { text } = await podLog(api, { namespace, name: pod, container, previous, ...limits }, signal);
  return { pod, container, previous, lines: cleanTail(text, tailLines) };
}

/** Stops reading, and so the sender, at `limit` bytes. */
async function readAtMost(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (stream) {
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= limit) break;
    }
  }
  return Buffer.concat(chunks).subarray(0, limit);
}
