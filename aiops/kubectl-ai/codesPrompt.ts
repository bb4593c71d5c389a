/**
 * Writes prompts/codes.md, the map of codes that kubectl-ai's model reads, from the registry:
 *
 *     node aiops/kubectl-ai/codesPrompt.ts
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Code, codes } from "../kagent/codes/index.ts";

export const codesPromptFile = join(import.meta.dirname, "prompts", "codes.md");

/** Areas that are about this machine, the deployers or TaskFlow's own configuration: no pod ever shows them. */
const elsewhere = /^TF(10|11|12(?!03)|13|16|180|181|19)/;

/** One line a code that something in the cluster can show. */
export function codesPrompt(): string {
  const lines = (Object.keys(codes) as Code[])
    .filter((code) => !elsewhere.test(code))
    .sort()
    .map((code) => `- ${code} ${codes[code].title}: ${codes[code].cause}`);
  return [
    "# Codes of findings",
    "",
    "A page each, with the mend, in docs/runbooks/, by `taskflow_get_runbook` or as `taskflow://runbooks/TF1501`.",
    "",
    ...lines,
    "",
  ].join("\n");
}

if (import.meta.main) await writeFile(codesPromptFile, codesPrompt());
