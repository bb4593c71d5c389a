/** An error as one screen for a person, or as JSON for a script. */
import { styleText } from "node:util";
import { codes, TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { exitCodeOf } from "./exitCodes.ts";
import { Interrupted } from "./interrupt.ts";
import { chunks, oneLine, wrap } from "./text.ts";

export interface ErrorStyle {
  color: boolean;
  /** Columns. */
  width: number;
}

/** Lines of log or output that fit a screen of 24 together with the rest. */
const detailLines = 10;

/** What `--json` prints on standard output when a verb fails. */
export interface ErrorJson {
  code: string;
  title: string;
  what: string;
  cause: string;
  detail: string[];
  fix: string[];
  /** Path in the repo. */
  runbook: string;
  exitCode: number;
}

/** Everything that can be thrown, as an error with a code; what has none is TF1901. */
function coded(error: unknown): TaskFlowError {
  if (error instanceof TaskFlowError) return error;
  const known = error instanceof Error ? error : new Error(String(error));
  return new TaskFlowError("TF1901", {
    what: known.message || known.name,
    detail: (known.stack ?? "").split("\n").slice(1, 6),
    cause: error,
  });
}

/** @throws never; any thrown value has a JSON form. */
export function errorJson(error: unknown): ErrorJson {
  const { code, what, detail, fix } = coded(error);
  return {
    code,
    title: codes[code].title,
    what: oneLine(what),
    cause: codes[code].cause,
    detail: detail.map(oneLine),
    fix: [...fix],
    runbook: `docs/runbooks/${code}.md`,
    exitCode: exitCodeOf(error),
  };
}

type Format = Parameters<typeof styleText>[0];

/** Formats text where the style has colour. */
export const painter =
  ({ color }: Pick<ErrorStyle, "color">) =>
  (format: Format, text: string): string =>
    color ? styleText(format, text, { validateStream: false }) : text;

/** Columns that a page has: of a very wide terminal not all. */
export const columns = ({ width }: Pick<ErrorStyle, "width">): number => Math.max(40, Math.min(width, 110));

/**
 * One screen: code and title, what happened, the last lines that show it, why, the commands that mend it, and where
 * to read more. Ends without a newline.
 */
export function renderError(error: unknown, style: ErrorStyle): string {
  if (error instanceof Interrupted) return `Stopped: ${error.message}. The next run picks up from here.`;
  const paint = painter(style);
  const width = columns(style);
  const shown = errorJson(error);
  const paragraph = (text: string): string[] => wrap(text, width - 2).map((line) => `  ${line}`);
  const lines = [`${paint(["red", "bold"], `✗ ${shown.code}`)} ${paint("bold", shown.title)}`, ""];
  lines.push(...paragraph(shown.what));
  const detail = shown.detail.filter((line) => line !== "").flatMap((line) => chunks(line, width - 4));
  if (detail.length > 0) {
    lines.push("", ...detail.slice(-detailLines).map((line) => paint("dim", `  │ ${line}`)));
  }
  lines.push("", ...paragraph(shown.cause).map((line) => paint("dim", line)));
  if (shown.fix.length > 0) {
    lines.push("", "  Mend it:", ...shown.fix.map((line) => `    ${paint("cyan", oneLine(line))}`));
  }
  lines.push("", paint("dim", `  More: ${shown.runbook}`));
  return lines.join("\n");
}

/** The style for a stream: colours when it is a terminal that wants them (NO_COLOR, FORCE_COLOR are obeyed). */
export function styleOf(stream: NodeJS.WriteStream): ErrorStyle {
  return { color: stream.isTTY === true && stream.hasColors(), width: stream.columns ?? 100 };
}
