/** JSON lines on standard output, one object a line. Secrets that the environment names never appear. */
import { format } from "node:util";

export type Level = "info" | "warn" | "error";
export type Fields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Variables whose value, and whose URL password, is cut out of every line. */
const secretNames = ["BETTER_AUTH_SECRET", "DATABASE_URL"] as const;

/** Writes one line. `message` is a fixed sentence; what varies goes into `fields`. */
export function log(level: Level, message: string, fields: Fields = {}): void {
  const line = JSON.stringify({
    time: new Date().toISOString(),
    level,
    service: "frontend",
    message,
    ...fields,
  });
  process.stdout.write(`${redact(line, process.env)}\n`);
}

/** Makes lines like ours, cleaned of secrets too, of what Next.js and the libraries write to the console. */
export function takeOverConsole(): void {
  console.warn = (...args: unknown[]) => log("warn", "Console", { detail: format(...args) });
  console.error = (...args: unknown[]) => log("error", "Console", { detail: format(...args) });
}

/** An error as fields: its kind, message and code, and those of its cause. */
export function errorFields(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: String(error) };
  const cause = error.cause instanceof Error ? error.cause : undefined;
  return {
    error: error.name,
    detail: error.message,
    code: codeOf(error),
    cause: cause?.message,
    causeCode: codeOf(cause),
  };
}

/** Replaces every secret of `source` that occurs in `text`, also where JSON or a URL has escaped it. */
export function redact(text: string, source: Readonly<Record<string, string | undefined>>): string {
  let clean = text;
  for (const name of secretNames) {
    const value = source[name];
    if (!value) continue;
    const password = URL.canParse(value) ? new URL(value).password : "";
    for (const secret of [value, password, decode(password)]) {
      if (secret.length < 4) continue;
      clean = clean
        .replaceAll(secret, "[secret]")
        .replaceAll(JSON.stringify(secret).slice(1, -1), "[secret]");
    }
  }
  return clean;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
