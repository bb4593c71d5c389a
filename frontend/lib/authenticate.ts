import { errorFields, log } from "./log";
import { problem } from "./problem";
import { requestId } from "./proxy/headers";

/**
 * Better Auth's answer; a problem+json where it has none. It needs nothing but the database, so that is what
 * fails: a 503 that says when to try again.
 */
export async function authenticate(request: Request, handler: () => Promise<Response>): Promise<Response> {
  const id = requestId(request.headers);
  try {
    const response = await handler();
    if (response.status < 500) return response;
    log("error", "Better Auth failed.", { requestId: id, status: response.status });
  } catch (error) {
    log("error", "Better Auth failed.", { requestId: id, ...errorFields(error) });
  }
  return problem("database-unreachable", "TaskFlow's database does not answer. Try again in a moment.", {
    "x-request-id": id,
  });
}
