import { type BackendSettings, BackendTimeout, callBackend, HEADERS_TIMEOUT_MS } from "../backend";
import type { Env } from "../env";
import { errorFields, log } from "../log";
import { isOwnPage } from "../origin";
import { problem } from "../problem";
import { announcesTooMuch, BODY_LIMIT, BodyTooLarge, limited } from "./body";
import { requestHeaders, requestId, responseHeaders } from "./headers";
import { upstreamPath } from "./path";

export interface ProxyOptions {
  env: Env;
  /** The signed-in user of these headers, and cookies to set where the session was prolonged. */
  findUser: (headers: Headers) => Promise<{ userId: string | null; setCookies: readonly string[] }>;
  headersTimeoutMs?: number;
}

// Reading changes nothing, so another site may make a browser try: it cannot see the answer.
const safeMethods = new Set(["GET", "HEAD"]);

/**
 * Hands a browser's request to the backend in its user's name. The backend sees a token instead of the
 * cookie; the browser sees only the answer. Every refusal is a problem+json.
 */
export async function proxy(request: Request, options: ProxyOptions): Promise<Response> {
  const id = requestId(request.headers);
  const response = await forward(request, id, options);
  response.headers.set("x-request-id", id);
  return response;
}

async function forward(request: Request, id: string, options: ProxyOptions): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const path = upstreamPath(pathname);
  if (path === null) return problem("bad-path", "A path is made of plain segments, like /api/v1/tasks.");
  if (!safeMethods.has(request.method) && !isOwnPage(request.headers, options.env)) {
    return problem("foreign-origin", "Only TaskFlow's own pages may change something.");
  }
  if (announcesTooMuch(request.headers)) return tooLarge();

  let user: Awaited<ReturnType<ProxyOptions["findUser"]>>;
  try {
    user = await options.findUser(request.headers);
  } catch (error) {
    log("error", "The session could not be looked up.", { requestId: id, ...errorFields(error) });
    return problem("database-unreachable", "TaskFlow's database does not answer. Try again in a moment.");
  }
  if (user.userId === null) return problem("not-signed-in", "Sign in to go on.");

  const settings: BackendSettings = {
    env: options.env,
    headersTimeoutMs: options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
  };
  try {
    const upstream = await callBackend(
      {
        path: path + search,
        userId: user.userId,
        requestId: id,
        method: request.method,
        headers: requestHeaders(request.headers),
        body: request.body && limited(request.body),
        signal: request.signal,
      },
      settings,
    );
    return answer(upstream, id, user.setCookies);
  } catch (error) {
    // The browser went away. Nobody reads this answer, and nothing is wrong with the backend.
    if (request.signal.aborted) return new Response(null, { status: 499 });
    return failure(error, id);
  }
}

function answer(upstream: Response, id: string, setCookies: readonly string[]): Response {
  if (upstream.status === 401) {
    // The user is signed in and the token is new: the two services do not share their secret.
    void upstream.body?.cancel();
    log("error", "The backend refused a new token. BETTER_AUTH_SECRET must be the same in both services.", {
      requestId: id,
    });
    return problem("backend-refused-token", "The task service does not accept this server's tokens.");
  }
  const headers = responseHeaders(upstream.headers);
  for (const cookie of setCookies) headers.append("set-cookie", cookie);
  return new Response(upstream.body, { status: upstream.status, headers });
}

/** Errors of the connection attempt: nothing was sent, and the backend is most likely starting. */
const unreachable = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function failure(error: unknown, id: string): Response {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (error instanceof BodyTooLarge || cause instanceof BodyTooLarge) return tooLarge();
  log("error", "The backend could not be called.", { requestId: id, ...errorFields(error) });
  if (error instanceof BackendTimeout) {
    return problem("backend-timeout", "The task service took too long. Try again in a moment.");
  }
  const code = (cause as { code?: unknown }).code;
  if (typeof code === "string" && unreachable.has(code)) {
    return problem(
      "backend-unreachable",
      "The task service is not running right now. Try again in a moment.",
    );
  }
  return problem("backend-answer-unusable", "The task service broke off. Try again in a moment.");
}

function tooLarge(): Response {
  return problem("body-too-large", `A request may have ${BODY_LIMIT} bytes.`);
}
