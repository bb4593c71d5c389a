/** What logs say about names that do not resolve and connections that get no answer. */
import { logEvidence } from "../finding.ts";
import { once } from "../pods.ts";
import type { Evidence, LogTail, Snapshot } from "../types.ts";

export interface NameError {
  log: LogTail;
  line: string;
  /** Lower case; text of others, to be compared only. */
  host: string;
  /** Did no DNS server answer? Otherwise one said that there is no such name. */
  silent: boolean;
}

/** [pattern with the host as its group, can it be that no server answered?] */
const patterns: readonly (readonly [RegExp, boolean])[] = [
  [/getaddrinfo EAI_AGAIN ([^\s"':,]+)/i, true],
  [/getaddrinfo ENOTFOUND ([^\s"':,]+)/i, false],
  [/lookup ([^\s"':,]+)(?: on \S+)?:.*(?:i\/o timeout|server misbehaving)/i, true],
  [/lookup ([^\s"':,]+)(?: on \S+)?:.*no such host/i, false],
  [/(?:failed to resolve host|could not translate host name) ["']?([^\s"':,]+).*temporary failure/i, true],
  [/(?:failed to resolve host|could not translate host name) ["']?([^\s"':,]+)/i, false],
  [/could not resolve host: ([^\s"':,;]+)/i, false],
];

/** The newest complaint of each log about each host. */
export const nameErrors = once((snapshot): NameError[] => {
  return snapshot.logs.flatMap((log) => {
    const byHost = new Map<string, NameError>();
    for (const line of log.lines) {
      for (const [pattern, silent] of patterns) {
        const host = pattern.exec(line)?.[1]?.toLowerCase().replace(/\.$/, "");
        if (!host) continue;
        byHost.set(host, { log, line, host, silent });
        break;
      }
    }
    return [...byHost.values()];
  });
});

const timeouts = /ETIMEDOUT|EHOSTUNREACH|timed? ?out|connect_?timeout|no route to host/i;

/** The last line of these pods' logs that speaks of a timeout and of one of these names or addresses. */
export function timeoutIn(
  snapshot: Snapshot,
  pods: ReadonlySet<string>,
  targets: readonly string[],
): Evidence | undefined {
  for (const log of snapshot.logs) {
    if (!pods.has(log.pod)) continue;
    const line = log.lines.findLast(
      (one) => timeouts.test(one) && names(one).some((name) => targets.includes(name)),
    );
    if (line !== undefined) return logLine(log, line);
  }
  return undefined;
}

/** The names and addresses in a line; of a full name, as `db.todo-app.svc`, its first label too. */
const names = (line: string): string[] =>
  line
    .split(/[^\w.-]+/)
    .map((word) => word.replace(/\.+$/, ""))
    .flatMap((word) => [word, ...(/^[a-z]/i.test(word) ? [word.split(".")[0] ?? ""] : [])])
    .filter((word) => word !== "");

export function logLine({ pod, container }: LogTail, line: string): Evidence {
  return logEvidence({ kind: "Pod", namespace: "", name: pod, container }, [line]);
}
