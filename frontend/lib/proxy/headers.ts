/** Which headers cross the proxy. Everything else stays: cookies, credentials, hop-by-hop, forwarding. */

const toBackend = [
  "accept",
  "accept-language",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "last-event-id",
  "traceparent",
  "tracestate",
] as const;

const toBrowser = [
  "allow",
  "cache-control",
  "content-disposition",
  "content-language",
  "content-type",
  "etag",
  "last-modified",
  "retry-after",
  "vary",
] as const;

/** The caller's headers that the backend may see. */
export function requestHeaders(incoming: Headers): Headers {
  return pick(incoming, toBackend);
}

/** The backend's headers that the browser may see. */
export function responseHeaders(upstream: Headers): Headers {
  const headers = pick(upstream, toBrowser);
  // A user's data; no cache between here and the browser may keep it.
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  // Keeps Next.js from holding events back to compress them.
  if (headers.get("content-type")?.startsWith("text/event-stream")) {
    headers.set("cache-control", "no-store, no-transform");
  }
  return headers;
}

// Long enough to be one, short and plain enough for a log line.
const idPattern = /^[A-Za-z0-9_-]{8,64}$/;

/** The caller's request id where it is a usable one, otherwise a new one. */
export function requestId(incoming: Headers): string {
  const given = incoming.get("x-request-id");
  return given && idPattern.test(given) ? given : crypto.randomUUID();
}

function pick(from: Headers, names: readonly string[]): Headers {
  const picked = new Headers();
  for (const name of names) {
    const value = from.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
}
