/**
 * The audit log: one JSON object a line, each with the hash of the one before, so that a line that was changed, left
 * out or put in is seen. It names plans, objects and codes; no log text, no value of any object, no approval code.
 */
import { chmod, mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Action } from "../checks/proposal.ts";
import { type Code, TaskFlowError } from "../codes/index.ts";
import { locked } from "./fileLock.ts";
import { canonical, sha256 } from "./hash.ts";
import type { Approval, PlanState } from "./types.ts";

/** One decision. */
export interface AuditEvent {
  event: "propose" | "approve" | "apply" | "verify" | "undo" | "refuse" | "expire";
  /** Who asked. */
  caller: string;
  namespace: string;
  plan?: string;
  planHash?: string;
  action?: Action;
  /** e.g. `Deployment/backend` */
  target?: string;
  finding?: Code;
  state?: PlanState;
  approval?: Approval["kind"];
  /** Why it was refused or went wrong. */
  code?: Code;
}

export interface AuditEntry extends AuditEvent {
  /** ISO 8601. */
  at: string;
  /** Hash of the entry before; 64 zeros in the first. */
  previous: string;
  /** SHA-256 over the rest of this entry. */
  hash: string;
}

export interface Audit {
  /** Resolves when the event is written. @throws TaskFlowError TF1723: then it must not take effect. */
  record(event: AuditEvent): Promise<void>;
}

export const firstHash = "0".repeat(64);

function entry(event: AuditEvent, previous: string, at: Date): AuditEntry {
  const rest = { at: at.toISOString(), ...event, previous };
  return { ...rest, hash: entryHash(rest) };
}

/** What the hash covers. A log that others write too may put fields of its own beside these. */
const covered = [
  "at",
  "event",
  "caller",
  "namespace",
  "plan",
  "planHash",
  "action",
  "target",
  "finding",
  "state",
  "approval",
  "code",
  "previous",
] as const satisfies readonly (keyof AuditEntry)[];

const entryHash = (fields: Partial<AuditEntry>): string =>
  sha256(canonical(Object.fromEntries(covered.map((name) => [name, fields[name]]))));

/**
 * Where the chain is broken: number of the first line (from 1) that does not follow from the one before; undefined where
 * it is whole. With `shared` the log is one that others write to as well, and in which each start of the server begins
 * a chain of its own.
 */
export function brokenAt(text: string, { shared = false } = {}): number | undefined {
  let previous = firstHash;
  const lines = text.split("\n").filter((line) => line !== "");
  for (const [index, line] of lines.entries()) {
    let one: Partial<AuditEntry>;
    try {
      one = JSON.parse(line) as Partial<AuditEntry>;
    } catch {
      return index + 1;
    }
    if (shared && one.previous === undefined && one.hash === undefined) continue;
    const follows = one.previous === previous || (shared && one.previous === firstHash);
    if (!follows || one.hash !== entryHash(one)) return index + 1;
    previous = one.hash;
  }
  return undefined;
}

/** Appends to a file that only its owner can read; several processes may share it. */
export function fileAudit(file: string, now: () => Date = () => new Date()): Audit {
  const failed = (why: string, cause?: unknown) =>
    new TaskFlowError("TF1723", { what: `${file}: ${why}`, values: { file }, cause });
  let checked = false;
  let queue: Promise<unknown> = Promise.resolve();
  const append = async (event: AuditEvent) => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await locked(
      file,
      async () => {
        const handle = await open(file, "a+", 0o600);
        try {
          if (!checked) {
            await chmod(file, 0o600);
            const broken = brokenAt(await readFile(file, "utf8"));
            if (broken !== undefined) throw failed(`line ${broken} was altered, or one before it is missing`);
            checked = true;
          }
          const previous = await lastHash(handle);
          if (previous === undefined) throw failed("its last line is no entry");
          await handle.appendFile(`${JSON.stringify(entry(event, previous, now()))}\n`);
          await handle.sync();
        } finally {
          await handle.close();
        }
      },
      () => failed("another run holds it"),
    );
  };
  return {
    record(event) {
      const next = queue.then(() => append(event));
      queue = next.catch(() => {});
      return next.catch((error: unknown) => {
        if (error instanceof TaskFlowError) throw error;
        throw failed(error instanceof Error ? error.message : String(error), error);
      });
    },
  };
}

/** Hash of the last entry; undefined where the last line is none. Entries are far shorter than what is read. */
async function lastHash(handle: Awaited<ReturnType<typeof open>>): Promise<string | undefined> {
  const { size } = await handle.stat();
  if (size === 0) return firstHash;
  const length = Math.min(size, 16 * 1024);
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  const line = buffer.toString("utf8").trimEnd().split("\n").at(-1) ?? "";
  try {
    const { hash } = JSON.parse(line) as AuditEntry;
    return typeof hash === "string" ? hash : undefined;
  } catch {
    return undefined;
  }
}

/** Hands each entry on to a log that somebody else keeps: a server's stderr, or its own audit log. */
export function chainedAudit(write: (entry: AuditEntry) => void, now: () => Date = () => new Date()): Audit {
  let previous = firstHash;
  return {
    async record(event) {
      const next = entry(event, previous, now());
      try {
        write(next);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        throw new TaskFlowError("TF1723", { what, cause: error });
      }
      previous = next.hash;
    },
  };
}
