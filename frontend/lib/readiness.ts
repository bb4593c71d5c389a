import { Client } from "pg";
import { env } from "./env";

/** Milliseconds that the one check may take. */
const CHECK_TIMEOUT_MS = 2_000;

const tables = ["user", "session", "account", "verification"] as const;

export type Readiness = { ready: true } | { ready: false; reason: string };

/**
 * Latched: not ready until one new connection since boot has found the tables and the first requests were
 * answered, and ready from then on.
 * A database that goes away later is answered with a 503 a request; taking every pod out would only hide it.
 */
export function createReadiness(check: () => Promise<Readiness>): () => Promise<Readiness> {
  let latched = false;
  let running: Promise<Readiness> | undefined;
  return async () => {
    if (latched) return { ready: true };
    // Probes that come while a check runs share it.
    running ??= check().finally(() => {
      running = undefined;
    });
    const result = await running;
    latched ||= result.ready;
    return result;
  };
}

/** Opens a connection of its own and looks for Better Auth's tables. The reason never holds a secret. */
export async function checkDatabase(databaseUrl: string = env().databaseUrl): Promise<Readiness> {
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CHECK_TIMEOUT_MS,
    query_timeout: CHECK_TIMEOUT_MS,
  });
  // A connection that breaks outside a query is reported here as well; the query's own error says enough.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `select name from unnest($1::text[]) as name where to_regclass(quote_ident(name)) is null`,
      [tables],
    );
    if (rows.length === 0) return { ready: true };
    const missing = rows.map((row) => row.name).join(", ");
    return { ready: false, reason: `The database has no table ${missing}; the migrations have not run.` };
  } catch (error) {
    return { ready: false, reason: reasonOf(error) };
  } finally {
    await client.end().catch(() => undefined);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "The database refuses connections.",
  ENOTFOUND: "The database's host name is not known.",
  EAI_AGAIN: "The database's host name cannot be looked up right now.",
  EHOSTUNREACH: "There is no way to the database's host.",
  ETIMEDOUT: "The database does not answer.",
  "28P01": "The database does not accept the password.",
  "28000": "The database does not accept this user.",
  "3D000": "The database does not exist on its server.",
  "57P03": "The database is starting up.",
  "53300": "The database has no connection left.",
};

function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string") return reasons[code] ?? `The database cannot be used (${code}).`;
  return "The database does not answer in time.";
}
