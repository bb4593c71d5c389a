/**
 * Logs, events and messages are written by others. Before any of it is shown, stored or given to a model it is
 * cleaned of control characters, freed of secrets and cut to size here.
 */
import { stripVTControlCharacters } from "node:util";

/** Longest line kept, in characters. */
const lineLimit = 400;

/** [what gives a secret away, what is put in its place] */
const secrets: readonly (readonly [RegExp, string])[] = [
  // A password inside a URL. The last @ before the path ends it, for passwords that hold one themselves.
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):[^\s/]*@/gi, "$1:***@"],
  [/\b(authorization["']?\s*[:=]\s*["']?(?:bearer|basic)\s+)[^\s"',]+/gi, "$1***"],
  [/\b(bearer\s+)[\w.~+/-]{16,}=*/gi, "$1***"],
  // key=value and "key": "value", also inside longer names such as BETTER_AUTH_SECRET or DB_PASSWORD.
  [
    /([\w-]*(?:password|passwd|secret|api[_-]?key|token)["']?\s*[:=]\s*)(["']?)[^\s"',;&}]{3,}\2/gi,
    "$1$2***$2",
  ],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, "***"],
  [/\bsk-[\w-]{16,}/g, "***"],
];

/** Takes out what must not be read by others: passwords in URLs, tokens, keys, values of secret-looking names. */
export function redact(text: string): string {
  return secrets.reduce((all, [pattern, replacement]) => all.replace(pattern, replacement), text);
}

/**
 * One line without escape sequences, control or direction-changing characters, without secrets, at most `limit`
 * characters long.
 */
export function cleanLine(line: string, limit = lineLimit): string {
  // Bounded before the patterns run over it; a secret that the cut goes through is redacted up to the cut.
  const text = stripVTControlCharacters(line.slice(0, 4 * limit))
    .replace(/\t/g, "  ")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu, " ")
    .trimEnd();
  const safe = redact(text);
  return safe.length <= limit ? safe : `${safe.slice(0, limit - 1)}…`;
}

/**
 * A log line that is a JSON object, as people read logs: `ERROR cannot connect problems=…`. Any other line is given
 * back as it is.
 */
export function readable(line: string): string {
  if (!line.startsWith("{") || line.length > 16_384) return line;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, event, message, msg, time: _time, timestamp: _timestamp, ...rest } = fields;
  const text = event ?? message ?? msg;
  if (typeof text !== "string") return line;
  const others = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [typeof level === "string" ? level.toUpperCase() : "", text, ...others].filter(Boolean).join(" ");
}

/** The last `count` lines that say something, each readable and clean. */
export function cleanTail(text: string, count: number): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .map((line) => cleanLine(readable(line)))
    .filter((line) => line !== "");
}
