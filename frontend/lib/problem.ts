/** RFC 9457 problem details: what every failed API call answers with. */

export interface Problem {
  /** Stable name of the kind of problem, e.g. `urn:taskflow:problem:backend-unreachable`. */
  type: string;
  title: string;
  status: number;
  /** One sentence for a person. */
  detail: string;
}

const kinds = {
  "bad-path": { status: 400, title: "Bad path" },
  "not-signed-in": { status: 401, title: "Not signed in" },
  "foreign-origin": { status: 403, title: "Request from another site" },
  "body-too-large": { status: 413, title: "Request too large" },
  "backend-answer-unusable": { status: 502, title: "Task service answered wrongly" },
  "backend-refused-token": { status: 502, title: "Task service does not accept this server" },
  "backend-unreachable": { status: 503, title: "Task service unavailable" },
  "database-unreachable": { status: 503, title: "Database unavailable" },
  "backend-timeout": { status: 504, title: "Task service too slow" },
} as const;

export type ProblemKind = keyof typeof kinds;

/** Seconds after which a caller may sensibly try again. */
const RETRY_AFTER_S = 2;

/** A response of `application/problem+json`; 502 to 504 say when to try again. */
export function problem(kind: ProblemKind, detail: string, headers: HeadersInit = {}): Response {
  const { status, title } = kinds[kind];
  const body: Problem = { type: `urn:taskflow:problem:${kind}`, title, status, detail };
  const all = new Headers(headers);
  all.set("content-type", "application/problem+json");
  all.set("cache-control", "no-store");
  if (status >= 502) all.set("retry-after", String(RETRY_AFTER_S));
  return new Response(JSON.stringify(body), { status, headers: all });
}
