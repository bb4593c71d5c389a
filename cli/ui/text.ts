/** Small helpers for text on a terminal. */
import { stripVTControlCharacters } from "node:util";

/** `12340` -> `12.3s`, `75000` -> `1m15s`. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)}s`;
  const whole = Math.round(milliseconds / 1000);
  return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
}

/** Text of others (a log, a tool's output) as one harmless line: no escape sequences, no control characters. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\t/g, "  ")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim();
}

/**
 * A line in pieces of at most `width` columns. Of a longer one than three pieces the first is left and the last two,
 * as the reason often stands at the end.
 */
export function chunks(line: string, width: number): string[] {
  const pieces = line.match(new RegExp(`.{1,${width}}`, "gu")) ?? [];
  if (pieces.length <= 3) return pieces;
  const end = line.slice(-(2 * width - 2));
  return [line.slice(0, width), `… ${end.slice(0, width - 2)}`, end.slice(width - 2)];
}

/** Breaks a paragraph at spaces into lines of at most `width` columns; a longer word stays whole. */
export function wrap(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of paragraph.split(/\s+/).filter(Boolean)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
