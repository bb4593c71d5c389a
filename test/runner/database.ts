/** One throw-away PostgreSQL for the layers that need a real one, started at the first call, ended with this process. */
import pg from "pg";
import { startTestPostgres } from "../../local/postgres/testing.ts";

let server: ReturnType<typeof startTestPostgres> | undefined;

/** URL of a fresh, empty database of this name. */
export async function emptyDatabase(name: string): Promise<string> {
  server ??= startTestPostgres();
  const { url } = await server;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)}`);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const fresh = new URL(url);
  fresh.pathname = `/${name}`;
  return fresh.href;
}

export async function stopDatabase(): Promise<void> {
  if (server) await (await server).stop();
  server = undefined;
}
