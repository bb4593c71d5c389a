/** Can this database be reached with this URL? Says precisely why not, and never the password. */
import pg from "pg";
import { type Code, TaskFlowError } from "../../aiops/kagent/codes/index.ts";

export type DatabaseProblem =
  | "invalid-url"
  | "host-unknown"
  | "refused"
  | "timeout"
  | "bad-password"
  | "no-such-database"
  | "not-allowed"
  | "tls-required"
  | "tls-failed"
  | "other";

export type DatabaseCheck =
  | { ok: true /** e.g. `18.4` */; version: string; encrypted: boolean }
  | { ok: false; problem: DatabaseProblem; error: TaskFlowError };

const codeOf: Record<DatabaseProblem, Code> = {
  "invalid-url": "TF1410",
  "host-unknown": "TF1411",
  refused: "TF1412",
  timeout: "TF1413",
  "bad-password": "TF1414",
  "no-such-database": "TF1415",
  "not-allowed": "TF1418",
  "tls-required": "TF1416",
  "tls-failed": "TF1417",
  other: "TF1401",
};

/** Connects, waiting at most `timeout` milliseconds. Never throws for a database that can't be reached. */
export async function checkDatabaseUrl(url: string, timeout = 5000): Promise<DatabaseCheck> {
  const target = parse(url);
  if (!target) {
    return failed(
      "invalid-url",
      "the value is not of the form postgresql://user:password@host:port/database",
    );
  }
  const tried = await attempt(target, timeout);
  if ("version" in tried) return { ok: true, ...tried };
  let problem = problemOf(tried.error);
  if (problem === "not-allowed" && target.ssl === false) {
    // PostgreSQL says the same of a client from a wrong address and of one without TLS: a TLS attempt tells.
    const encrypted = await attempt({ ...target, ssl: { rejectUnauthorized: false } }, timeout);
    const refused = "version" in encrypted ? "" : encrypted.error.message;
    if (!/no pg_hba\.conf entry|does not support SSL/.test(refused)) problem = "tls-required";
  }
  const reason = tried.error.message || tried.error.code || "no reason given";
  return failed(problem, `${placeOf(target)}: ${hide(reason, target.password)}`);
}

function failed(problem: DatabaseProblem, what: string): DatabaseCheck {
  return { ok: false, problem, error: new TaskFlowError(codeOf[problem], { what }) };
}

interface Target {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  ssl: boolean | { rejectUnauthorized: false };
}

const placeOf = (target: Target) =>
  `${target.user || "(no user)"}@${target.host}:${target.port}/${target.database}`;

function hide(text: string, password: string): string {
  const hidden = [password, encodeURIComponent(password)].filter((secret) => secret !== "");
  return hidden.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}

function parse(url: string): Target | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol) || !parsed.hostname) return undefined;
  const mode = parsed.searchParams.get("sslmode");
  try {
    const user = decodeURIComponent(parsed.username);
    return {
      host: parsed.hostname.replace(/^\[|\]$/g, ""),
      port: Number(parsed.port || 5432),
      user,
      password: decodeURIComponent(parsed.password),
      database: decodeURIComponent(parsed.pathname.slice(1)) || user,
      // libpq's meaning, not pg's stricter one: only the verify modes look at the certificate.
      ssl: mode?.startsWith("verify-") ? true : mode === "require" ? { rejectUnauthorized: false } : false,
    };
  } catch {
    return undefined;
  }
}

async function attempt(
  target: Target,
  timeout: number,
): Promise<{ version: string; encrypted: boolean } | { error: NodeJS.ErrnoException }> {
  const client = new pg.Client({ ...target, connectionTimeoutMillis: timeout, query_timeout: timeout });
  // What breaks between two awaits is told by the next query.
  client.on("error", () => {});
  try {
    await client.connect();
    const answer = await client.query<{ version: string; encrypted: boolean | null }>(
      `SELECT current_setting('server_version') AS version,
              (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encrypted`,
    );
    return { version: answer.rows[0]?.version ?? "", encrypted: answer.rows[0]?.encrypted ?? false };
  } catch (error) {
    return { error: error as NodeJS.ErrnoException };
  } finally {
    // Not awaited: a host that swallows packets would keep us waiting for the goodbye.
    client.end().catch(() => {});
  }
}

function problemOf({ code, message }: NodeJS.ErrnoException): DatabaseProblem {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "host-unknown";
    case "ECONNREFUSED":
      return "refused";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "timeout";
    case "28P01":
      return "bad-password";
    case "3D000":
      return "no-such-database";
  }
  if (/timeout/i.test(message)) return "timeout";
  if (/no pg_hba\.conf entry/.test(message)) return "not-allowed";
  // Neon's words.
  if (/connection is insecure/i.test(message)) return "tls-required";
  if (/does not support SSL|certificate|self.signed|SSL|TLS/i.test(message)) return "tls-failed";
  return "other";
}
