/** What a log line of a database client means. Used by the checks of containers that talk to PostgreSQL. */
import type { V1Pod } from "@kubernetes/client-node";
import type { Code } from "../codes/index.ts";
import { earlierSpec, rollbackOf } from "./history.ts";
import { type Container, component } from "./pods.ts";
import type { Proposal } from "./proposal.ts";
import type { Snapshot } from "./types.ts";

export interface DatabaseError {
  code: Code;
  /** Continues "… because": `the host "db" in DATABASE_URL does not resolve`. */
  why: string;
  /** The line that says so. */
  line: string;
  /** Can time alone mend it (the server is still starting)? */
  transient: boolean;
}

interface Rule {
  code: Code;
  pattern: RegExp;
  /** Filled from the names that the line quotes. */
  why: (match: RegExpMatchArray) => string;
  transient?: boolean;
}

/** Words of libpq, psycopg, SQLAlchemy, node-postgres, Prisma and PostgreSQL's own SQLSTATE codes; first match wins. */
const rules: readonly Rule[] = [
  {
    code: "TF1411",
    pattern:
      /the host name is unknown|could not translate host name "?([^"\s]+)|failed to resolve host '?([^'\s:]+)|getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([^\s"']+)|name or service not known|temporary failure in name resolution/i,
    why: (m) => `the host ${quoted(m[1] ?? m[2] ?? m[3])}in DATABASE_URL does not resolve`,
  },
  {
    code: "TF1414",
    pattern:
      /the user does not exist|password authentication failed(?! for)|password authentication failed for user "?([^"\s]+)|role "([^"]+)" does not exist|\b28P01\b|\bP1000\b/i,
    why: (m) => `the server refuses the password of ${m[1] || m[2] ? `user "${m[1] ?? m[2]}"` : "this user"}`,
  },
  {
    code: "TF1416",
    pattern: /connection is insecure|no pg_hba\.conf entry.*no encryption/i,
    why: () => "the server takes encrypted connections only",
  },
  {
    code: "TF1418",
    pattern: /no pg_hba\.conf entry|pg_hba\.conf does not let|\b28000\b/i,
    why: () => "the server has no access rule for this address, user and database",
  },
  {
    code: "TF1415",
    pattern: /the database does not exist|database "([^"]+)" does not exist|\b3D000\b|\bP1003\b/i,
    why: (m) => `the server has no database ${m[1] ? `"${m[1]}"` : "of that name"}`,
  },
  {
    code: "TF1417",
    pattern:
      /does not support SSL|does not offer the TLS|certificate is not trusted|certificate verify failed|self.signed certificate|root certificate file .* does not exist/i,
    why: () => "client and server do not agree on TLS",
  },
  {
    code: "TF1419",
    pattern: /has no connection left|too many clients already|remaining connection slots|\b53300\b/i,
    why: () => "the server has no free connection",
    transient: true,
  },
  {
    code: "TF1412",
    pattern:
      /connection refused|ECONNREFUSED|the database system is starting up|the server is starting or stopping|\bP1001\b/i,
    why: () => "nothing accepts connections at the address in DATABASE_URL",
    transient: true,
  },
  {
    code: "TF1413",
    pattern:
      /no answer in time|connection timed? ?out|connection timeout expired|ETIMEDOUT|no route to host|EHOSTUNREACH|network is unreachable/i,
    why: () => "no answer comes from the address in DATABASE_URL",
    transient: true,
  },
  {
    code: "TF1410",
    pattern:
      /could not parse sqlalchemy url|missing "=" after|invalid (?:URI|connection option|port number|dsn)|DATABASE_URL\b.*(?:invalid|must|should|not a)/i,
    why: () => "DATABASE_URL cannot be read as a PostgreSQL address",
  },
];

const quoted = (name: string | undefined): string => (name ? `"${name}" ` : "");

/** How TaskFlow's backend says it: address and user, never the password. */
const ownSentence = /cannot connect to PostgreSQL at (\S+) as (\S+):/;

/** Does a text speak of a database at all? Words such as ENOTFOUND can be about any other server. */
export const aboutDatabase =
  /postgres|psycopg|sqlalchemy|asyncpg|prisma|database|\bpg\b|:5432\b|pool|\b(?:28P01|28000|3D000|53300)\b|password authentication failed/i;

/**
 * Finds the database error in a log, looking from the end.
 * @param lines the log's lines, oldest first.
 * @param certain is this container known to do nothing else than talk to the database?
 */
export function databaseError(lines: readonly string[], certain: boolean): DatabaseError | undefined {
  if (!certain && !lines.some((line) => aboutDatabase.test(line))) return undefined;
  for (const line of [...lines].reverse()) {
    for (const rule of rules) {
      const match = rule.pattern.exec(line);
      if (!match) continue;
      const target = ownSentence.exec(line);
      const at = target ? ` (${target[1]} as ${target[2]})` : "";
      return { code: rule.code, why: rule.why(match) + at, line, transient: rule.transient ?? false };
    }
  }
  return undefined;
}

/** As databaseError, for an app's container; undefined for the database itself, whose log tells of its clients' errors. */
export function clientError({ pod }: Container, lines: readonly string[]): DatabaseError | undefined {
  return isDatabaseServer(pod) ? undefined : databaseError(lines, false);
}

export const databaseName = /postgres|pgbouncer|database|(?:^|-)(?:db|pg)(?:-|$)/i;
export const databaseImage = /postgres|pgbouncer|timescaledb|cockroach/i;

/** Does a pod serve a database, by its images or the name of its part of the app? */
export function isDatabaseServer(pod: V1Pod): boolean {
  const images = pod.spec?.containers?.map(({ image }) => image ?? "") ?? [];
  return images.some((image) => databaseImage.test(image)) || databaseName.test(component(pod));
}

/** Is this code one of a client that cannot use its database? */
export const isDatabaseCode = (code: Code): boolean => /^TF14(01|1\d)$/.test(code);

/** Names of variables that say where the database is. */
const databaseVariable = /^(?:MIGRATION_)?DATABASE_URL$|^(?:POSTGRES|PG|DB)_?(?:HOST|URL|URI)$/;

/** Is the container given a database's address? */
export function usesDatabase({ spec }: Container): boolean {
  return spec?.env?.some(({ name }) => databaseVariable.test(name)) ?? false;
}

/**
 * Returns to the earlier revision where that one was given another database address. A value inside a Secret is not part
 * of a revision: going back changes nothing there.
 */
export function undoDatabaseUrl(snapshot: Snapshot, container: Container): Proposal[] {
  const before = earlierSpec(snapshot, container);
  const address = (env: NonNullable<Container["spec"]>["env"]) =>
    JSON.stringify(env?.filter(({ name }) => databaseVariable.test(name)) ?? []);
  return before && address(before.env) !== address(container.spec?.env)
    ? rollbackOf(snapshot, container)
    : [];
}
