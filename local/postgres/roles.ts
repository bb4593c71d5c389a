/** The application's role and database, made and kept right over a superuser's connection. */
import pg from "pg";
import { appDatabase, appRole } from "./settings.ts";

/** Opens a connection, hands it over, closes it whatever happens. */
export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A server that goes away meanwhile is told by the query that fails.
  client.on("error", () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Makes the role and its database where they are missing, and sets the role's password. Safe to repeat. */
export function ensureAppRole(adminUrl: string, password: string): Promise<void> {
  return withClient(adminUrl, async (client) => {
    // A statement that fails is logged with its text, and these carry a password.
    await client.query("SET log_min_error_statement = 'panic'");
    // Two who do this at once would trip over each other; the lock ends with the connection.
    await client.query("SELECT pg_advisory_lock(hashtext('taskflow role'))");
    const secret = client.escapeLiteral(password);
    const role = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [appRole]);
    const verb = role.rowCount ? "ALTER" : "CREATE";
    await client.query(`${verb} ROLE ${appRole} LOGIN PASSWORD ${secret}`);
    const database = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [appDatabase]);
    if (!database.rowCount) await client.query(`CREATE DATABASE ${appDatabase} OWNER ${appRole}`);
    await client.query(`REVOKE CONNECT ON DATABASE ${appDatabase} FROM PUBLIC`);
  });
}

/** The data directory of the server that answers there; undefined when none does or it refuses us. */
export function servedDirectory(adminUrl: string): Promise<string | undefined> {
  return withClient(adminUrl, async (client) => {
    const shown = await client.query<{ data_directory: string }>("SHOW data_directory");
    return shown.rows[0]?.data_directory;
  }).catch(() => undefined);
}
