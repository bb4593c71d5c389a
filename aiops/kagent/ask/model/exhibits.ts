/**
 * What a model is given to answer from: numbered pieces of evidence, each framed as data. Everything passes through
 * here, so this is where it is cleaned, redacted and bounded a last time.
 */
import { cleanLine } from "../../checks/text.ts";
import type { Evidence, Finding } from "../../checks/types.ts";
import { codes } from "../../codes/index.ts";
import type { Answer } from "../answer.ts";

/** Lines of one piece, and characters of all. */
const maxLines = 12;
const maxCharacters = 24_000;

export class Exhibits {
  private readonly pieces = new Map<string, string>();
  private used = 0;
  /** Pieces that found no room. */
  left = 0;

  /** @returns the id to cite, e.g. `E3`; undefined where there is no room left. The same piece has one id. */
  add(evidence: Evidence): string | undefined {
    const text = framed(evidence);
    for (const [id, piece] of this.pieces) if (piece === text) return id;
    if (this.used + text.length > maxCharacters) {
      this.left++;
      return undefined;
    }
    this.used += text.length;
    const id = `E${this.pieces.size + 1}`;
    this.pieces.set(id, text);
    return id;
  }

  has(id: string): boolean {
    return this.pieces.has(id);
  }

  /** The framed pieces with their ids; those named only, or all. */
  text(ids: Iterable<string> = this.pieces.keys()): string {
    return [...ids].map((id) => `<data id="${id}" ${this.pieces.get(id)}\n</data>`).join("\n");
  }
}

/** Neither a tag nor a quote of the frame can be written by what stands in it. */
const inert = (text: string): string => cleanLine(text).replaceAll("<", "‹").replaceAll(">", "›");

function framed({ source, ref, excerpt }: Evidence): string {
  const lines = excerpt.split("\n").slice(-maxLines).map(inert);
  return `source="${source}" of="${inert(ref).replaceAll('"', "'")}">\n${lines.join("\n")}`;
}

/** The deterministic answer and its findings as text that refers to exhibits. */
export function brief(answer: Answer, exhibits: Exhibits): string {
  const cite = (evidence: readonly Evidence[]) =>
    evidence
      .map((one) => exhibits.add(one))
      .filter((id) => id !== undefined)
      .map((id) => `[${id}]`)
      .join("");
  // Where nothing is wrong and nothing runs there is still the answer to cite.
  const own = cite([{ source: "status", ref: "answer", excerpt: answer.summary }]);
  const findings = answer.findings.map((found) => findingText(found, cite(found.evidence)));
  const facts = answer.facts.map(({ evidence }) => exhibits.add(evidence)).filter((id) => id !== undefined);
  return [
    `Answer found without a model: ${inert(answer.summary)} ${own}`,
    `Findings: ${findings.length > 0 ? "" : "none"}`,
    ...findings,
    `Facts: ${facts.length > 0 ? facts.map((id) => `[${id}]`).join(" ") : "none"}`,
    ...(answer.notChecked.length > 0
      ? [
          `Could not be looked at: ${answer.notChecked.map(({ what, why }) => inert(`${what} (${why})`)).join("; ")}`,
        ]
      : []),
    ...(answer.commands?.length ? ["Commands:", ...answer.commands.map((line) => `  ${inert(line)}`)] : []),
    ...(exhibits.left > 0 ? [`${exhibits.left} more pieces of evidence found no room.`] : []),
  ].join("\n");
}

function findingText(found: Finding, cited: string): string {
  const { code, severity, confidence, object, what, causedBy, fix } = found;
  return [
    `- [${code}] ${codes[code].title} (${severity}, ${confidence}) ${object.kind} ${inert(object.name)}: ${inert(what)} ${cited}`,
    ...(causedBy ? [`  follows from [${causedBy.code}] ${inert(causedBy.object.name)}`] : []),
    ...fix.slice(0, 6).map((line) => `  command: ${inert(line)}`),
  ].join("\n");
}
