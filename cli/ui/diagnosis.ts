/** A diagnosis as a page for a person. */
import type { Examination } from "../../aiops/kagent/checks/examine.ts";
import { cleanLine } from "../../aiops/kagent/checks/text.ts";
import type { Evidence, Finding, NotChecked, ObjectRef } from "../../aiops/kagent/checks/types.ts";
import { codes } from "../../aiops/kagent/codes/index.ts";
import { columns, type ErrorStyle, painter } from "./error.ts";
import { chunks, oneLine, seconds, wrap } from "./text.ts";

/** Others with the same fault that are named; of more there is the number. */
const namesShown = 4;

/**
 * Root causes first, each with its evidence as quoted lines, what it takes down with it, the lines that mend it, and
 * its effects under it; then what could not be looked at. Ends without a newline.
 */
export function renderDiagnosis(diagnosis: Examination, style: ErrorStyle): string {
  const { namespace, findings, checked, notChecked, elapsed } = diagnosis;
  const looked = `${checked.length} checks, ${seconds(elapsed)}, ${clock(new Date(diagnosis.takenAt))}`;
  const roots = findings.filter((found) => causeOf(found, findings) === undefined);
  const head =
    findings.length === 0
      ? `${painter(style)("green", "✓")} namespace ${namespace}: no finding (${looked})`
      : `Namespace ${namespace}: ${count(findings.length, "finding")}, ${count(roots.length, "root cause")} (${looked})`;
  return [head, ...renderFindings(findings, style), ...renderGaps(notChecked, style)].join("\n");
}

/** Findings as lines, each root cause with an empty line before it. */
export function renderFindings(findings: readonly Finding[], style: ErrorStyle): string[] {
  return findings
    .filter((found) => causeOf(found, findings) === undefined)
    .flatMap((root) => ["", ...renderFinding(root, findings, style)]);
}

/** What could not be looked at, and why; nothing where all was. */
export function renderGaps(gaps: readonly NotChecked[], style: ErrorStyle): string[] {
  if (gaps.length === 0) return [];
  const lines = gaps.flatMap(({ what, why }) => wrap(`${what}: ${cleanLine(why)}`, columns(style) - 4));
  return ["", "Not looked at:", ...lines.map((line) => painter(style)("dim", `  ${line}`))];
}

function renderFinding(found: Finding, all: readonly Finding[], style: ErrorStyle): string[] {
  const width = columns(style) - 4;
  const lines = [
    `${mark(found, style)} ${painter(style)("bold", codes[found.code].title)}  ${objectText(found.object)}  ${painter(style)("dim", `(${found.confidence})`)}`,
    ...wrap(cleanLine(found.what), width).map((line) => `    ${line}`),
  ];
  if (found.affected.length > 0) lines.push(`    the same: ${names(found.affected)}`);
  if (found.blastRadius?.length) lines.push(`    does not serve because of it: ${names(found.blastRadius)}`);
  if (found.causedBy && causeOf(found, all) === undefined) {
    lines.push(`    caused by ${found.causedBy.code} ${objectText(found.causedBy.object)}`);
  }
  lines.push(...found.evidence.flatMap((one) => renderEvidence(one, style)));
  const fix = [...planLine(found), ...found.fix];
  if (fix.length > 0) {
    lines.push("    Mend it:", ...fix.map((line) => `      ${painter(style)("cyan", oneLine(line))}`));
  }
  lines.push(painter(style)("dim", `    More: docs/runbooks/${found.code}.md`));
  const effects = all.filter((other) => causeOf(other, all) === found);
  for (const effect of effects) {
    const [first = "", ...rest] = renderFinding(effect, all, style);
    lines.push(`    └ from this follows: ${first}`, ...rest.map((line) => `      ${line}`));
  }
  return lines;
}

/** Where a plan could mend it. */
const planLine = ({ proposals = [] }: Finding): string[] =>
  proposals.length > 0
    ? [
        `npm run mend   # ${[...new Set(proposals.map(({ action }) => action))].join(" or ")}, shown before it asks`,
      ]
    : [];

/** Where it stands, and the text of others as quoted lines. */
export function renderEvidence({ source, ref, excerpt }: Evidence, style: ErrorStyle): string[] {
  const quoted = excerpt.split("\n").flatMap((line) => chunks(cleanLine(line), columns(style) - 8));
  return [
    painter(style)("dim", `    ${source} of ${oneLine(ref)}:`),
    ...quoted.map((line) => painter(style)("dim", `    │ ${line}`)),
  ];
}

/** One line, for changes: `✗ TF1501 container keeps crashing  pod backend-1/backend: …`. */
export function findingLine(found: Finding, style: ErrorStyle): string {
  return `${mark(found, style)} ${codes[found.code].title}  ${objectText(found.object)}: ${cleanLine(found.what)}`;
}

/** The finding that this one follows from, where it is among `all`. Those of a ring would all vanish: they have none. */
function causeOf(found: Finding, all: readonly Finding[]): Finding | undefined {
  const direct = directCause(found, all);
  const seen = new Set<Finding>();
  for (let cause = direct; cause && !seen.has(cause); cause = directCause(cause, all)) {
    if (cause === found) return undefined;
    seen.add(cause);
  }
  return direct;
}

function directCause({ causedBy }: Finding, all: readonly Finding[]): Finding | undefined {
  return (
    causedBy &&
    all.find(
      ({ code, object, affected }) =>
        code === causedBy.code && sameObject([object, ...affected], causedBy.object),
    )
  );
}

const sameObject = (objects: readonly ObjectRef[], wanted: ObjectRef): boolean =>
  objects.some(
    ({ kind, name, container }) =>
      kind === wanted.kind &&
      name === wanted.name &&
      (wanted.container === undefined || container === wanted.container),
  );

/** `pod backend-1-x/backend`, `deployment backend` */
export const objectText = ({ kind, name, container }: ObjectRef): string =>
  oneLine(`${kind.toLowerCase()} ${name}${container ? `/${container}` : ""}`);

function names(objects: readonly ObjectRef[]): string {
  const shown = objects.slice(0, namesShown).map(objectText).join(", ");
  return objects.length > namesShown ? `${shown} and ${objects.length - namesShown} more` : shown;
}

const mark = (found: Finding, style: ErrorStyle): string =>
  found.severity === "error"
    ? painter(style)("red", `✗ ${found.code}`)
    : painter(style)("yellow", `⚠ ${found.code}`);

/** `17:00:03`, local time. */
export const clock = (at: Date): string => at.toTimeString().slice(0, 8);

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
