import { makeSignature } from "better-auth/crypto";
import type { auth } from "./auth";
import { POOL_SIZE } from "./database";
import type { Readiness } from "./readiness";

/** Milliseconds that one of the requests may take; a new pod's processor is slow. */
const TIMEOUT_MS = 15_000;

type AuthContext = Pick<Awaited<ReturnType<typeof auth>["$context"]>, "authCookies" | "secret">;

export const TOKEN = "warm-up";

/** What a person's first requests reach: a page, the proxy with its session look-up, Better Auth itself. */
const paths = ["/sign-in", "/api/v1/tasks", "/api/auth/get-session"] as const;

/**
 * Asks this server what people will ask it, in a session that nobody has, until code is loaded and compiled and the
 * database's connections are open. Whoever came first would wait for all that, and those behind them too.
 * @param origin of this server, e.g. `http://127.0.0.1:3000`
 */
export async function warmUp(origin: string, { authCookies, secret }: AuthContext): Promise<Readiness> {
  // Signed, so that it is looked up in the database, and of no session.
  const value = encodeURIComponent(`${TOKEN}.${await makeSignature(TOKEN, secret)}`);
  const headers = { cookie: `${authCookies.sessionToken.name}=${value}` };
  const ask = async (path: string): Promise<string | undefined> => {
    const response = await fetch(origin + path, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.status >= 500 ? `${path} was answered with ${response.status}` : undefined;
  };
  try {
    for (const path of paths) {
      // At once, so that each needs a database connection of its own.
      const problems = await Promise.all(Array.from({ length: POOL_SIZE }, () => ask(path)));
      const problem = problems.find((found) => found !== undefined);
      if (problem) return { ready: false, reason: `This server's first requests failed: ${problem}.` };
    }
  } catch (error) {
    return { ready: false, reason: `This server's first requests failed: ${(error as Error).name}.` };
  }
  return { ready: true };
}
