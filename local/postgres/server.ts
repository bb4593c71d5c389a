/** Keeps one PostgreSQL server as it should be: passwords, port, configuration, process, the app's role. */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import type { Report } from "../run.ts";
import { serverAccount } from "./account.ts";
import { nativeDirectory } from "./binaries.ts";
import { type Credentials, newPassword, readCredentials, writeCredentials } from "./credentials.ts";
import {
  becomesReady,
  configure,
  dataDir,
  type Instance,
  initialise,
  initialised,
  logFile,
  makeHome,
  outdated,
  processId,
  reload,
  resetSuperuserPassword,
  start,
  stop,
} from "./instance.ts";
import { accepts, firstFreePort, ownAddress } from "./ports.ts";
import { ensureAppRole, servedDirectory } from "./roles.ts";
import { appDatabase, appRole, connectionUrl, type ServerSettings, superuser } from "./settings.ts";

/** Where one server lives. */
export interface Place {
  /** Directory of data and log, of the server's own account. */
  home: string;
  /** Passwords and port, readable by this user only. */
  credentialsFile: string;
  /** The port to try first when one is chosen. */
  firstPort: number;
}

export interface PostgresOptions {
  /** IP addresses of this machine to listen on beside 127.0.0.1; see `listenAddresses`. */
  listen?: readonly string[];
  /** Networks (CIDR) from which the app's role may come beside the loopback: the pods'. */
  allowCidrs?: readonly string[];
  /** A port to use outright; without it one is chosen once and remembered. */
  port?: number;
  report?: Report;
}

export interface PostgresServer {
  port: number;
  /** The app's connection URL as seen from where the server is called `host`. Holds a password. */
  url(host: string): string;
  /** The superuser's URL, over the loopback. Holds a password. */
  adminUrl: string;
}

export interface PostgresStatus {
  /** absent: no data yet. */
  state: "absent" | "stopped" | "running";
  port?: number;
  pid?: number;
  dataDir: string;
  logFile: string;
}

/**
 * Brings the server up with these addresses and networks, or finds it so (then in a moment).
 *
 * Data, passwords and port stay as they are from one start to the next; a changed address restarts the server, a
 * changed network reloads it. Repairs what a crash, a reboot or a lost credentials file left.
 *
 * @throws TaskFlowError TF1402 (does not start), TF1403 (no programs), TF1404 (address not there), TF1405 (data of
 *   another major version), TF1406 (port taken).
 */
export async function ensureServer(place: Place, options: PostgresOptions = {}): Promise<PostgresServer> {
  const known = await readCredentials(place.credentialsFile);
  if (known && (await asWanted(place, known, options))) return server(known);

  await requireOwn(options.listen ?? []);
  const instance: Instance = {
    home: place.home,
    native: await nativeDirectory(),
    account: await serverAccount(),
  };
  await makeHome(instance);
  const credentials: Credentials = {
    superuserPassword: known?.superuserPassword ?? newPassword(),
    appPassword: known?.appPassword ?? newPassword(),
    port: await choosePort(place, known?.port, options, (await processId(instance)) !== undefined),
  };
  if (!(await initialised(instance))) {
    options.report?.("making the database cluster");
    await initialise(instance, credentials.superuserPassword);
  } else if (!known) {
    options.report?.("credentials.json was lost: setting new passwords");
    await stop(instance);
    await resetSuperuserPassword(instance, credentials.superuserPassword);
  }
  await writeCredentials(place.credentialsFile, credentials);
  await bringUp(instance, settings(credentials, options));
  await ensureAppRole(server(credentials).adminUrl, credentials.appPassword);
  return server(credentials);
}

const settings = (credentials: Credentials, options: PostgresOptions): ServerSettings => ({
  port: credentials.port,
  listen: options.listen ?? [],
  allowCidrs: options.allowCidrs ?? [],
  throwAway: false,
});

/** Is our server there and set up as asked? Changes nothing. */
async function asWanted(place: Place, known: Credentials, options: PostgresOptions): Promise<boolean> {
  const wanted = settings({ ...known, port: options.port ?? known.port }, options);
  const instance: Instance = { home: place.home, native: "", account: {} };
  const [pid, stale] = await Promise.all([processId(instance), outdated(instance, wanted)]);
  if (pid === undefined || stale.server || stale.access) return false;
  const [served, ...heard] = await Promise.all([
    servedDirectory(server(known).adminUrl),
    ...wanted.listen.map((host) => accepts(known.port, host)),
  ]);
  return served === dataDir(instance) && heard.every(Boolean);
}

/** The remembered port where it is free or ours already, else another one; a port asked for must be free. */
async function choosePort(
  place: Place,
  known: number | undefined,
  options: PostgresOptions,
  running: boolean,
): Promise<number> {
  const wanted = options.port ?? known;
  if (wanted !== undefined && wanted === known && running) return wanted;
  const hosts = ["127.0.0.1", ...(options.listen ?? [])];
  if (options.port !== undefined) {
    const taken = (await firstFreePort(options.port, hosts, 1)) === undefined;
    if (!taken) return options.port;
  } else {
    const free = await firstFreePort(wanted ?? place.firstPort, hosts);
    if (free !== undefined) return free;
  }
  throw new TaskFlowError("TF1406", {
    what: `port ${wanted ?? place.firstPort} of ${hosts.join(", ")} is taken`,
    values: { port: String(wanted ?? place.firstPort) },
  });
}

/** A server can only listen on an address that this machine has; the bridge's comes and goes with Docker. */
async function requireOwn(addresses: readonly string[]): Promise<void> {
  const foreign = (
    await Promise.all(addresses.map(async (host) => ((await ownAddress(host)) ? [] : [host])))
  ).flat();
  if (foreign.length > 0) {
    throw new TaskFlowError("TF1404", { what: `this machine has no network address ${foreign.join(", ")}` });
  }
}

/** Starts, restarts or reloads, whichever the change asks for. */
async function bringUp(instance: Instance, wanted: ServerSettings): Promise<void> {
  const stale = await outdated(instance, wanted);
  const running = await becomesReady(instance);
  const heard = await Promise.all(["127.0.0.1", ...wanted.listen].map((host) => accepts(wanted.port, host)));
  // A server that came up before its address existed never listens there by itself.
  const restart = running && (stale.server || !heard.every(Boolean));

  if (restart) await stop(instance);
  await configure(instance, wanted);
  if (!running || restart) await start(instance);
  else await reload(instance);
}

function server(credentials: Credentials): PostgresServer {
  const { port, appPassword, superuserPassword } = credentials;
  return {
    port,
    url: (host) => connectionUrl(appRole, appPassword, host, port, appDatabase),
    adminUrl: connectionUrl(superuser, superuserPassword, "127.0.0.1", port, "postgres"),
  };
}

/** What is there, without touching it. */
export async function serverStatus(place: Place): Promise<PostgresStatus> {
  const instance: Instance = { home: place.home, native: "", account: {} };
  const [known, pid, exists] = await Promise.all([
    readCredentials(place.credentialsFile),
    processId(instance),
    initialised(instance),
  ]);
  return {
    state: pid !== undefined ? "running" : exists ? "stopped" : "absent",
    ...(known ? { port: known.port } : {}),
    ...(pid !== undefined ? { pid } : {}),
    dataDir: dataDir(instance),
    logFile: logFile(instance),
  };
}

/** Stops the server; data and passwords stay. Returns whether it was running. @throws TaskFlowError TF1407 */
export async function stopServer(place: Place): Promise<boolean> {
  const idle: Instance = { home: place.home, native: "", account: {} };
  if ((await processId(idle)) === undefined) return false;
  return stop({ home: place.home, native: await nativeDirectory(), account: await serverAccount() });
}
