import type { CodeEntry } from "./types.ts";

const setUrl =
  "pulumi config set --secret taskflow:databaseUrl 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE'";

/** TF14xx: PostgreSQL. */
export const database = {
  TF1401: {
    title: "database not reachable",
    cause: "PostgreSQL did not accept a connection at the configured address.",
    fix: ["npm run doctor"],
  },
  TF1402: {
    title: "local PostgreSQL does not start",
    cause: "The PostgreSQL server that TaskFlow runs on this machine ended before it took connections.",
    fix: ["npm run up", "npm run clean -- --data   # gives up the local data and starts anew"],
  },
  TF1403: {
    title: "PostgreSQL programs missing",
    cause: "npm installed no PostgreSQL for this system, or optional packages were left out.",
    fix: ["npm install --include=optional", `${setUrl}   # a database of your own instead`],
  },
  TF1404: {
    title: "pods can't reach the local PostgreSQL",
    cause: "The address under which pods see this machine does not exist; Docker's network may be down.",
    fix: ["docker network ls", "npm run up"],
  },
  TF1405: {
    title: "local data of another PostgreSQL version",
    cause: "PostgreSQL does not read another major version's files.",
    fix: ["npm run clean -- --data   # gives up the local data and starts anew"],
  },
  TF1406: {
    title: "database port taken",
    cause: "Another program listens on the port that the local PostgreSQL was told to use.",
    fix: ["ss -ltnp 'sport = :{port}'   # macOS: lsof -nP -iTCP:{port} -sTCP:LISTEN"],
  },
  TF1407: {
    title: "local PostgreSQL does not stop",
    cause: "The server did not end within a minute of being told to.",
    fix: ["kill -QUIT {pid}"],
  },
  TF1410: {
    title: "database URL malformed",
    cause:
      "DATABASE_URL must be a PostgreSQL URL; characters such as @ : / # in a password are percent-encoded.",
    fix: [setUrl],
  },
  TF1411: {
    title: "database host unknown",
    cause: "The host name in the database URL has no address, or this machine has no name resolution.",
    fix: [setUrl],
  },
  TF1412: {
    title: "database refuses connections",
    cause: "The host is there, but nothing listens on that port.",
    fix: ["npm run doctor", setUrl],
  },
  TF1413: {
    title: "database does not answer",
    cause: "No answer in time: a firewall drops the packets, or the host is down.",
    fix: ["npm run doctor", setUrl],
  },
  TF1414: {
    title: "database password wrong",
    cause: "The server knows no such user with this password.",
    fix: [setUrl],
  },
  TF1415: {
    title: "no such database",
    cause: "The server has no database of the name at the end of the URL.",
    fix: [setUrl],
  },
  TF1416: {
    title: "database requires TLS",
    cause: "The server takes encrypted connections only, and the URL does not ask for one.",
    fix: [`${setUrl.slice(0, -1)}?sslmode=require'`],
  },
  TF1417: {
    title: "TLS with the database failed",
    cause: "The server has no TLS, or its certificate is not trusted here.",
    fix: [setUrl],
  },
  TF1418: {
    title: "database forbids this client",
    cause:
      "The server's access rules (pg_hba.conf, an IP allow-list) have no entry for this address, user and database.",
    fix: ["npm run up", setUrl],
  },
  TF1419: {
    title: "database has no free connection",
    cause: "Every connection that the server allows is in use.",
    fix: ["# close other clients, or use the provider's pooled address", "npm run up"],
  },
} as const satisfies Record<string, CodeEntry>;
