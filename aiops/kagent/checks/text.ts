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

/** The last `count` lines that say something, each cleaned. */
export function cleanTail(text: string, count: number): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .map((line) => cleanLine(line))
    .filter((line) => line !== "");
}
