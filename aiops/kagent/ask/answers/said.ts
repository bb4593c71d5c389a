/** What logs and events say. The text is of others: quoted, never obeyed. */
import { eventTime } from "../../checks/pods.ts";
import { cleanLine } from "../../checks/text.ts";
import type { Answerer } from "../answer.ts";
import { count, said } from "../view.ts";

// Python and JavaScript write ValueError and TypeError: in one word.
const complaint =
  /\w*(?:error|exception)s?\b|\b(?:traceback|fatal|panic|critical|fail(?:ed|ure)?|refused|denied)\b/i;
const lines = 8;

/** Rests on the log tails that the snapshot holds; the verb reads those of the pods in question first. */
export const logs: Answerer = (view) => {
  const names = new Set(view.pods.map(({ metadata }) => metadata?.name));
  const tails = view.snapshot.logs.filter(({ pod }) => names.has(pod));
  const bad = tails
    .map((tail) => ({ tail, found: tail.lines.filter((line) => complaint.test(line)) }))
    .filter(({ found }) => found.length > 0);
  const read = tails.reduce((sum, tail) => sum + tail.lines.length, 0);
  return {
    summary:
      tails.length === 0
        ? `No log of ${view.about} was read.`
        : bad.length === 0
          ? `No: the last ${count(read, "line")} of ${count(tails.length, "log")} of ${view.about} hold no error.`
          : `Yes, of ${count(read, "line")} read: ${bad.map(({ tail, found }) => `${count(found.length, "line")} of ${tail.pod}/${tail.container}`).join(", ")}.`,
    facts: bad.map(({ tail, found }) => ({
      text: `${tail.pod}/${tail.container}${tail.previous ? " (the run before)" : ""}`,
      evidence: {
        source: "log",
        ref: `pod/${tail.pod}/${tail.container}`,
        excerpt: found.slice(-lines).join("\n"),
      },
    })),
    findings: view.findings,
    notChecked: view.gaps(/^log /),
  };
};

export const events: Answerer = (view) => {
  const names = new Set([
    ...view.pods.map(({ metadata }) => metadata?.name),
    ...view.deployments.map(({ metadata }) => metadata?.name),
  ]);
  const recent = view.snapshot.events
    .filter(({ involvedObject }) => view.component === undefined || names.has(involvedObject.name))
    .sort((a, b) => eventTime(b) - eventTime(a));
  return {
    summary:
      recent.length === 0
        ? `The cluster has no warning about ${view.about}${view.gaps(/events/).length > 0 ? " that could be read" : ""}; it keeps them for an hour.`
        : `${count(recent.length, "warning")} about ${view.about}; the newest first.`,
    facts: recent.slice(0, 12).map((event) => ({
      ...said(
        "event",
        { kind: event.involvedObject.kind ?? "Object", name: event.involvedObject.name ?? "" },
        `${new Date(eventTime(event)).toISOString()} ${event.reason ?? ""} (${event.count ?? 1} times), ${event.involvedObject.name ?? ""}`,
        cleanLine(event.message ?? ""),
      ),
    })),
    findings: view.findings,
    notChecked: view.gaps(/events/),
  };
};
