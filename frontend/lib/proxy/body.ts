/** Bytes that a request body may have. */
export const BODY_LIMIT = 1024 * 1024;

/** More came than `BODY_LIMIT` allows. */
export class BodyTooLarge extends Error {
  constructor() {
    super(`The request body is larger than ${BODY_LIMIT} bytes.`);
    this.name = "BodyTooLarge";
  }
}

/** Whether the request says up front that it is too large. */
export function announcesTooMuch(headers: Headers): boolean {
  return Number(headers.get("content-length") ?? 0) > BODY_LIMIT;
}

/** The same bytes, as they come, until there are too many: then the stream fails with `BodyTooLarge`. */
export function limited(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let seen = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        seen += chunk.byteLength;
        if (seen > BODY_LIMIT) controller.error(new BodyTooLarge());
        else controller.enqueue(chunk);
      },
    }),
  );
}
