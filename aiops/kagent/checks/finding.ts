/** Makes findings: fix lines from the registry, evidence cleaned. */
import { type Code, codes, fillFix } from "../codes/index.ts";
import { type Container, component, podRef } from "./pods.ts";
import type { Proposal } from "./proposal.ts";
import { cleanLine } from "./text.ts";
import type { Evidence, Finding, ObjectRef } from "./types.ts";

/** Longest sentence of a finding, in characters. */
const whatLimit = 600;

export interface FindingFacts {
  object: ObjectRef;
  what: string;
  evidence: readonly Evidence[];
  /** For the slots of the registry's fix lines; namespace and name of the object are there already. */
  values?: Readonly<Record<string, string>>;
  /** Default `error`. */
  severity?: Finding["severity"];
  /** Default true: it will not mend itself. */
  definite?: boolean;
  /** Put before the registry's lines: what is better known here. */
  fix?: readonly string[];
  /** Changes that could mend it, the best first. */
  proposals?: readonly Proposal[];
}

export function finding(code: Code, facts: FindingFacts): Finding {
  const { namespace, name } = facts.object;
  return {
    code,
    severity: facts.severity ?? "error",
    confidence: facts.definite === false ? "likely" : "definite",
    object: facts.object,
    affected: [],
    // Names and messages of others may stand in it.
    what: cleanLine(facts.what, whatLimit),
    evidence: facts.evidence.filter((item) => item.excerpt !== ""),
    fix: [...(facts.fix ?? []), ...fillFix(codes[code].fix, { namespace, name, ...facts.values })],
    ...(facts.proposals?.length ? { proposals: [...facts.proposals] } : {}),
  };
}

/** A finding about a container, with the slots `component` and `container` filled. */
export function containerFinding(
  code: Code,
  container: Container,
  facts: Omit<FindingFacts, "object">,
): Finding {
  return finding(code, {
    ...facts,
    object: podRef(container.pod, container.name),
    values: { component: component(container.pod), container: container.name, ...facts.values },
  });
}

/** A fact from an object, an event's message or a measurement: one cleaned line. */
export function fact(
  source: Exclude<Evidence["source"], "log">,
  object: ObjectRef,
  text: string | undefined,
): Evidence {
  return { source, ref: refText(object), excerpt: cleanLine(text ?? "") };
}

/** The last lines of a log, as the snapshot holds them (cleaned when it was taken). */
export function logEvidence(object: ObjectRef, lines: readonly string[], count = 8): Evidence {
  return { source: "log", ref: refText(object), excerpt: lines.slice(-count).join("\n") };
}

/** `{ kind: "Pod", name: "backend-1", container: "migrate" }` -> `pod/backend-1/migrate` */
export function refText({ kind, name, container }: ObjectRef): string {
  return [kind.toLowerCase(), name, ...(container === undefined ? [] : [container])].join("/");
}
