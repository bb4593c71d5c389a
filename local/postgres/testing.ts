/** A throw-away PostgreSQL for tests: its own directory, port and passwords; fast instead of safe. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alive } from "../alive.ts";
import { serverAccount } from "./account.ts";
import { nativeDirectory } from "./binaries.ts";
import { newPassword } from "./credentials.ts";
import { configure, type Instance, initialise, makeHome, start, stop } from "./instance.ts";
import { firstFreePort } from "./ports.ts";
import { ensureAppRole, withClient } from "./roles.ts";
import { appDatabase, appRole, connectionUrl, superuser } from "./settings.ts";

export interface TestPostgres {
  /** The app role's URL on 127.0.0.1; it owns the database of its name and, other than in earnest, may make more. */
  url: string;
  /** The superuser's. */
  adminUrl: string;
  port: number;
  /** Ends the server and removes its directory. */
  stop(): Promise<void>;
}

const prefix = "taskflow-pg-test-";

/** Starts one; about 2 s. Servers that a killed test run left behind are ended first. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const [native, account] = await Promise.all([nativeDirectory(), serverAccount()]);
  await sweep({ native, account });
  const home = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  const instance: Instance = { home, native, account };
  const passwords = { superuser: newPassword(), app: newPassword() };
  await makeHome(instance);
  await initialise(instance, passwords.superuser);
  // Somewhere random, so that servers started together rarely want the same port.
  const port = await firstFreePort(20000 + Math.floor(Math.random() * 4000), ["127.0.0.1"]);
  if (port === undefined) throw new Error("no free port for a test server");
  await configure(instance, { port, listen: [], allowCidrs: [], throwAway: true });
  await start(instance);
  const adminUrl = connectionUrl(superuser, passwords.superuser, "127.0.0.1", port, "postgres");
  await ensureAppRole(adminUrl, passwords.app);
  await withClient(adminUrl, (client) => client.query(`ALTER ROLE ${appRole} CREATEDB`));
  return {
    url: connectionUrl(appRole, passwords.app, "127.0.0.1", port, appDatabase),
    adminUrl,
    port,
    stop: () => discard(instance),
  };
}

async function discard(instance: Instance): Promise<void> {
  await stop(instance, "immediate");
  await rm(instance.home, { recursive: true, force: true });
}

async function sweep(tools: Pick<Instance, "native" | "account">): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    const owner = entry.startsWith(prefix) ? Number.parseInt(entry.slice(prefix.length), 10) : Number.NaN;
    if (Number.isNaN(owner) || alive(owner)) continue;
    await discard({ ...tools, home: join(tmpdir(), entry) });
  }
}
