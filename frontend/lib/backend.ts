import { mintToken } from "./apiToken";
import { type Env, env } from "./env";

/** Milliseconds until the backend must have answered with its headers; the body may take longer. */
export const HEADERS_TIMEOUT_MS = 15_000;

export interface BackendCall {
  /** Below the API's base, without a slash in front, e.g. `tasks?limit=50`. */
  path: string;
  userId: string;
  requestId: string;
  method?: string;
  headers?: Headers;
  body?: ReadableStream<Uint8Array> | null;
  /** Ends the call, also while its answer streams. */
  signal?: AbortSignal;
}

export interface BackendSettings {
  env: Pick<Env, "apiUrl" | "authSecret">;
  headersTimeoutMs: number;
}

/** The backend did not answer in time. */
export class BackendTimeout extends Error {
  constructor(milliseconds: number) {
    super(`The backend did not answer within ${milliseconds} ms.`);
    this.name = "BackendTimeout";
  }
}

/**
 * Calls the backend in a user's name, with a token made for this one call.
 * @returns the answer whatever its status, its body still streaming
 * @throws BackendTimeout, or fetch's TypeError where there was no usable answer
 */
export async function callBackend(
  call: BackendCall,
  settings: BackendSettings = { env: env(), headersTimeoutMs: HEADERS_TIMEOUT_MS },
): Promise<Response> {
  const { apiUrl, authSecret } = settings.env;
  const headers = new Headers(call.headers);
  headers.set("authorization", `Bearer ${await mintToken(authSecret, call.userId)}`);
  headers.set("x-request-id", call.requestId);
  // fetch would unpack the body but keep the header that says it is packed.
  headers.set("accept-encoding", "identity");

  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new BackendTimeout(settings.headersTimeoutMs)),
    settings.headersTimeoutMs,
  );
  const request: RequestInit & { duplex?: "half" } = {
    method: call.method ?? "GET",
    headers,
    redirect: "error",
    cache: "no-store",
    signal: call.signal ? AbortSignal.any([call.signal, late.signal]) : late.signal,
  };
  if (call.body) {
    request.body = call.body;
    request.duplex = "half";
  }
  try {
    return await fetch(`${apiUrl}/${call.path}`, request);
  } finally {
    clearTimeout(timer);
  }
}
