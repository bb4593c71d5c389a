import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "@/generated/prisma/client";
import { env } from "./env";

/** Milliseconds that a request waits for a connection before the database counts as away. */
const CONNECT_TIMEOUT_MS = 3_000;
/** Milliseconds after which a statement is given up. */
const STATEMENT_TIMEOUT_MS = 5_000;
/** Connections a process; the pods share one PostgreSQL. */
export const POOL_SIZE = 5;

// The bundler gives each route its own copy of a module; the pool must be one a process.
const shared = globalThis as typeof globalThis & { taskflowPrisma?: PrismaClient };

/** A client with its own pool. Connects at the first query. */
export function createPrismaClient(databaseUrl: string): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: inUtc(databaseUrl),
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  return new PrismaClient({ adapter, errorFormat: "minimal", log: [] });
}

/**
 * `databaseUrl` with UTC as its sessions' time zone. The adapter sends times without one, so PostgreSQL would
 * take them for the server's local time, and sessions would end hours early or late.
 */
function inUtc(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const given = url.searchParams.get("options");
  url.searchParams.set("options", [given, "-c TimeZone=UTC"].filter(Boolean).join(" "));
  return url.href;
}

/** The process's client. */
export function prisma(): PrismaClient {
  shared.taskflowPrisma ??= createPrismaClient(env().databaseUrl);
  return shared.taskflowPrisma;
}

/** Closes the process's pool where there is one. */
export async function disconnectDatabase(): Promise<void> {
  await shared.taskflowPrisma?.$disconnect();
}
