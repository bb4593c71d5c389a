/**
 * Writes the table of values in charts/todo-app/README.md from the `# --` comments in values.yaml:
 *
 *     node test/chart/readme.ts
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import { chart } from "./helm.ts";

export interface DescribedValue {
  /** Dotted path, e.g. `image.frontend.tag`. */
  path: string;
  /** The default as JSON. */
  value: string;
  description: string;
}

const start = "<!-- values: written by node test/chart/readme.ts -->";
const end = "<!-- end of values -->";
export const readmeFile = join(chart, "README.md");

/** The described values in the order of the file; throws when one has no description of its own or of a parent's. */
export function describedValues(valuesYaml: string): DescribedValue[] {
  const document = parseDocument(valuesYaml);
  if (!isMap(document.contents)) throw new Error("values.yaml is no map");
  return walk(document.contents, "");
}

function walk(map: YAMLMap, prefix: string): DescribedValue[] {
  return map.items.flatMap((pair, index) => {
    const path = `${prefix}${pair.key}`;
    const value = pair.value as Node | null;
    const description = lastDescription(commentBefore(pair, index === 0 ? map : undefined));
    if (description !== undefined)
      return [{ path, value: JSON.stringify(value?.toJSON() ?? null), description }];
    if (isMap(value)) return walk(value, `${path}.`);
    throw new Error(`${path} in values.yaml has no "# --" comment`);
  });
}

/** The parser hangs the comment above a map's first key on the map. */
function commentBefore({ key }: Pair, map: YAMLMap | undefined): string {
  const own = isScalar(key) ? key.commentBefore : undefined;
  return own ?? map?.commentBefore ?? "";
}

/** The text after the last ` -- `, its lines joined; a blank line ends it. */
function lastDescription(comment: string): string | undefined {
  const at = comment.lastIndexOf(" -- ");
  if (at < 0) return undefined;
  return comment
    .slice(at + 4)
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim();
}

/** The README with its table made anew. */
export function withValues(readme: string, values: readonly DescribedValue[]): string {
  const [before, rest] = readme.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md lacks ${start} or ${end}`);
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = values.map(
    ({ path, value, description }) => `| \`${path}\` | \`${cell(value)}\` | ${cell(description)} |`,
  );
  return [before + start, "", "| Value | Default | |", "| --- | --- | --- |", ...rows, "", end + after].join(
    "\n",
  );
}

if (import.meta.main) {
  const values = describedValues(await readFile(join(chart, "values.yaml"), "utf8"));
  await writeFile(readmeFile, withValues(await readFile(readmeFile, "utf8"), values));
}
