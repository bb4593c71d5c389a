/** Logs as JSON lines on stderr: on stdio, stdout is the protocol. */
import { appendFileSync } from "node:fs";
import { cleanLine } from "../checks/text.ts";
import type { AuditEntry, Caller } from "./context.ts";

export type Level = "info" | "warn" | "error";
export type Log = (level: Level, event: string, fields?: Readonly<Record<string, unknown>>) => void;

const secretName = /password|secret|token|authorization|api[_-]?key/i;

/** Every string is cleaned and freed of secrets (see checks/text.ts), however deep it stands. */
function safe(value: unknown): unknown {
  if (typeof value === "string") return cleanLine(value, 1000);
  if (Array.isArray(value)) return value.map(safe);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error) return cleanLine(value.message, 1000);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, secretName.test(key) ? "***" : safe(one)]),
  );
}

export function jsonLog(write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  return (level, event, fields = {}) => {
    const entry = { time: new Date().toISOString(), level, event, ...fields };
    write(`${JSON.stringify(safe(entry))}\n`);
  };
}

/**
 * Audit entries go to the log and, with `file`, to the end of that file, before the caller goes on: an action whose
 * entry cannot be written does not happen.
 * @throws where the file cannot be written.
 */
export function auditLog(log: Log, file: string | undefined): (caller: Caller, entry: AuditEntry) => void {
  return (caller, { event, ...fields }) => {
    const entry = { caller: caller.name, ...fields };
    if (file) {
      const line = JSON.stringify(safe({ time: new Date().toISOString(), event, ...entry }));
      appendFileSync(file, `${line}\n`, { flag: "a", mode: 0o600 });
    }
    log("info", event, { audit: true, ...entry });
  };
}
