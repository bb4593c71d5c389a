import type { CodeEntry } from "./types.ts";

/** TF14xx: PostgreSQL. */
export const database = {
  TF1401: {
    title: "database not reachable",
    cause:
      "PostgreSQL did not accept a connection at the configured address: it is down, listens elsewhere, or a firewall is between.",
    fix: ["npm run doctor"],
  },
  TF1402: {
    title: "database host unknown",
    cause: "The host name in DATABASE_URL does not resolve.",
    fix: ["pulumi config set --stack {stack} --secret taskflow:databaseUrl", "npm run up"],
  },
  TF1403: {
    title: "database refused the credentials",
    cause: "PostgreSQL knows no such user, or the password in DATABASE_URL is wrong.",
    fix: ["pulumi config set --stack {stack} --secret taskflow:databaseUrl", "npm run up"],
  },
  TF1404: {
    title: "database does not exist",
    cause:
      "The server answers and the credentials are right, but it has no database of the name in DATABASE_URL.",
    fix: ["pulumi config set --stack {stack} --secret taskflow:databaseUrl", "npm run up"],
  },
  TF1405: {
    title: "DATABASE_URL is not a PostgreSQL address",
    cause: "The value is not of the form postgresql://user:password@host:5432/name.",
    fix: ["pulumi config set --stack {stack} --secret taskflow:databaseUrl", "npm run up"],
  },
  TF1406: {
    title: "database connection is not encrypted as asked",
    cause:
      "DATABASE_URL asks for TLS and the server offers none, its certificate is not trusted, or it only allows TLS.",
    fix: ["pulumi config set --stack {stack} --secret taskflow:databaseUrl", "npm run up"],
  },
  TF1407: {
    title: "database has no free connection",
    cause: "Every connection that the server allows is in use.",
    fix: ["# close other clients, or use the provider's pooled address", "npm run up"],
  },
  TF1408: {
    title: "local PostgreSQL did not start",
    cause: "The database that dev runs on this machine ended at its start, or did not answer in time.",
    fix: ["npm run doctor", "npm run up"],
  },
} as const satisfies Record<string, CodeEntry>;
