import { z } from "zod";
import { examine } from "../../checks/examine.ts";
import { refText } from "../../checks/finding.ts";
import type { Finding } from "../../checks/types.ts";
import { codes } from "../../codes/index.ts";
import type { ReadTool } from "../call.ts";
import type { ReadContext } from "../context.ts";
import { quoted, warning } from "../quote.ts";
import * as shared from "../schemas.ts";
import { inScope } from "../scope.ts";

const finding = z.object({
  code: z.string().describe("Stable code; get_runbook explains it"),
  title: z.string(),
  severity: z.enum(["error", "warning"]),
  confidence: z.enum(["definite", "likely"]).describe("definite: waiting is of no use"),
  object: shared.objectRef,
  affected: z.array(shared.objectRef).describe("Others that show the same for the same reason"),
  rootCause: z.boolean(),
  causedBy: z.object({ code: z.string(), object: shared.objectRef }).optional(),
  what: z.string(),
  evidence: z.array(
    z.object({ source: z.string(), ref: z.string(), excerpt: z.string(), trust: shared.trust }),
  ),
  blastRadius: z.array(shared.objectRef).describe("What does not serve because of it"),
  fix: z.array(z.string()).describe("Command lines for a person; a line that begins with # is no command"),
  proposals: z.array(z.looseObject({ action: z.string() })).describe("Changes that a plan could make"),
});

export const diagnosis = z.object({
  namespace: z.string(),
  takenAt: z.iso.datetime(),
  findings: z.array(finding).describe("Root causes first; none means that nothing wrong was seen"),
  checked: z.array(z.string()),
  notChecked: shared.notChecked,
  elapsedMs: z.number().int(),
});

export type Diagnosis = z.output<typeof diagnosis>;

export async function diagnosisOf(
  context: ReadContext,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const seen = await examine(context.api, inScope(context.namespaces, wanted), { signal });
  return {
    namespace: seen.namespace,
    takenAt: seen.takenAt.toISOString(),
    findings: seen.findings.map(shown),
    checked: [...seen.checked],
    notChecked: [...seen.notChecked],
    elapsedMs: Math.round(seen.elapsed),
  };
}

function shown(found: Finding): Diagnosis["findings"][number] {
  return {
    code: found.code,
    title: codes[found.code].title,
    severity: found.severity,
    confidence: found.confidence,
    object: found.object,
    affected: found.affected,
    rootCause: found.causedBy === undefined,
    ...(found.causedBy ? { causedBy: found.causedBy } : {}),
    what: found.what,
    evidence: found.evidence.map(({ source, ref, excerpt }) => ({
      source,
      ref,
      excerpt,
      trust: "untrusted" as const,
    })),
    blastRadius: found.blastRadius ?? [],
    fix: found.fix,
    proposals: (found.proposals ?? []).map((proposal) => ({ ...proposal })),
  };
}

export const diagnose: ReadTool<z.ZodObject<{ namespace: typeof shared.namespace }>, typeof diagnosis> = {
  name: "diagnose",
  title: "Diagnose a namespace",
  description:
    "Looks at everything in a namespace and says what is wrong and why: root causes first, each with evidence, the commands that mend it, and what could not be checked. Deterministic, a few seconds, reads only. Start here.",
  input: z.object({ namespace: shared.namespace }),
  output: diagnosis,
  run: async (args, context, signal) => {
    const data = await diagnosisOf(context, args.namespace, signal);
    return { data, text: asText(data) };
  },
};

function asText({ namespace, takenAt, findings, checked, notChecked }: Diagnosis): string {
  const head = `${namespace} at ${takenAt}: ${findings.length === 0 ? "nothing wrong was seen" : `${findings.length} finding(s)`} in ${checked.length} checks.`;
  const quotes = findings.some(({ evidence }) => evidence.length > 0) ? [warning] : [];
  const missing = notChecked.map(({ what, why }) => `- ${what}: ${why}`);
  return [
    head,
    ...quotes,
    ...findings.map(findingText),
    ...(missing.length > 0 ? [`Not checked, so nothing is known about it:\n${missing.join("\n")}`] : []),
  ].join("\n\n");
}

function findingText(found: Diagnosis["findings"][number], index: number): string {
  const cause = found.causedBy
    ? `follows from ${found.causedBy.code} of ${refText(found.causedBy.object)}`
    : "root cause";
  const line = (label: string, items: readonly string[]) =>
    items.length > 0 ? [`${label}: ${items.join(", ")}`] : [];
  return [
    `${index + 1}. ${found.code} ${found.title} (${found.severity}, ${found.confidence}, ${cause})`,
    `object: ${refText(found.object)}`,
    ...line("the same in", found.affected.map(refText)),
    found.what,
    ...line("does not serve because of it", found.blastRadius.map(refText)),
    ...found.evidence.map(({ source, ref, excerpt }) => quoted(`${source} ${ref}`, excerpt)),
    `to mend it:\n${found.fix.map((text) => `  ${text}`).join("\n")}`,
    ...line("a plan could", [...new Set(found.proposals.map(({ action }) => action))]),
  ].join("\n");
}
