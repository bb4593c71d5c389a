/** The server's two configuration files, as pure text. */
import { isIPv6 } from "node:net";

export const appRole = "taskflow";
export const appDatabase = "taskflow";
export const superuser = "postgres";

export interface ServerSettings {
  port: number;
  /** IP addresses beside 127.0.0.1. */
  listen: readonly string[];
  /** Networks (CIDR) that may reach the app's database beside the loopback. */
  allowCidrs: readonly string[];
  /** Gives up safety against power loss for speed: for throw-away servers only. */
  throwAway: boolean;
}

/** postgresql.conf, whole: what is not named here has PostgreSQL's own default. */
export function serverConfig(settings: ServerSettings): string {
  const lines = [
    "# Written by TaskFlow at every start; edits are lost.",
    `listen_addresses = '${["127.0.0.1", ...settings.listen].join(",")}'`,
    `port = ${settings.port}`,
    // The path of a socket in a deep checkout would be longer than the 107 bytes that the system allows.
    "unix_socket_directories = ''",
    "password_encryption = 'scram-sha-256'",
    // Two applications with a small pool each; memory is better spent on the cluster.
    "max_connections = 100",
    "shared_buffers = '64MB'",
    "max_wal_size = '256MB'",
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    "log_line_prefix = '%m [%p] %u@%d '",
    "lc_messages = 'C'",
    "lc_monetary = 'C'",
    "lc_numeric = 'C'",
    "lc_time = 'C'",
  ];
  if (settings.throwAway) {
    lines.push("fsync = off", "synchronous_commit = off", "full_page_writes = off");
  }
  return `${lines.join("\n")}\n`;
}

/** pg_hba.conf: the superuser from the loopback only, the app also from the pods' networks; always by password. */
export function accessRules(settings: Pick<ServerSettings, "allowCidrs">): string {
  const lines = [
    "# Written by TaskFlow at every start; edits are lost.",
    "host all all 127.0.0.1/32 scram-sha-256",
    "host all all ::1/128 scram-sha-256",
    ...settings.allowCidrs.map((cidr) => `host ${appDatabase} ${appRole} ${cidr} scram-sha-256`),
  ];
  return `${lines.join("\n")}\n`;
}

/** A connection URL; the password is never percent-encoded because ours are base64url. */
export function connectionUrl(
  user: string,
  password: string,
  host: string,
  port: number,
  database: string,
): string {
  return `postgresql://${user}:${password}@${isIPv6(host) ? `[${host}]` : host}:${port}/${database}`;
}
