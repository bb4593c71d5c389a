/** Reads a bounded piece of a log, whatever the server sends. */
import { Observable, type ResponseContext } from "@kubernetes/client-node";
import { type Api, bounded } from "../checks/api.ts";
import { callTimeout } from "../checks/gather.ts";

export interface LogRequest {
  namespace: string;
  name: string;
  container: string;
  previous: boolean;
  tailLines: number;
  /** Asked of the server, and held to here: a proxy or an old kubelet may send more. */
  limitBytes: number;
}

/** Bytes that are no UTF-8 become U+FFFD. */
export async function podLog(
  api: Api,
  request: LogRequest,
  signal: AbortSignal,
): Promise<{ text: string; truncated: boolean }> {
  const options = bounded(callTimeout, signal);
  let truncated = false;
  options.middleware?.push({
    pre: (context) => new Observable(Promise.resolve(context)),
    post: (response: ResponseContext) => {
      if (response.httpStatusCode === 200) {
        const { body } = response;
        response.body = {
          binary: () => body.binary(),
          stream: () => body.stream(),
          text: async () => {
            const read = await readAtMost(body.stream(), request.limitBytes);
            truncated = read.length >= request.limitBytes;
            return new TextDecoder().decode(read);
          },
        };
      }
      return new Observable(Promise.resolve(response));
    },
  });
  const text = await api.core.readNamespacedPodLog(request, options);
  return { text: text ?? "", truncated };
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
