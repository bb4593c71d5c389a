/** The answer to a question as a page for a person. */
import type { Answer } from "../../aiops/kagent/ask/answer.ts";
import { cleanLine } from "../../aiops/kagent/checks/text.ts";
import { renderEvidence, renderFindings, renderGaps } from "./diagnosis.ts";
import { columns, type ErrorStyle, painter } from "./error.ts";
import { oneLine, wrap } from "./text.ts";

/** What was found, deterministic: the sentence, the facts with where they stand, the findings, what is not known. */
export function renderAnswer(answer: Answer, style: ErrorStyle): string {
  const width = columns(style);
  const paint = painter(style);
  const facts = answer.facts.flatMap(({ text, evidence }) => {
    const quoted = evidence.source === "log" || evidence.source === "event";
    return [
      ...wrap(text, width - 4).map((line, index) => `${index === 0 ? "  - " : "    "}${line}`),
      ...(quoted
        ? renderEvidence(evidence, style)
        : [paint("dim", `    ${evidence.source} of ${oneLine(evidence.ref)}`)]),
    ];
  });
  return [
    ...wrap(cleanLine(answer.summary, 1_000), width),
    ...(facts.length > 0 ? ["", ...facts] : []),
    ...(answer.commands?.length ? ["", "Run:", ...answer.commands.map((line) => `  ${oneLine(line)}`)] : []),
    ...renderFindings(answer.findings, style),
    ...renderGaps(answer.notChecked, style),
  ].join("\n");
}
