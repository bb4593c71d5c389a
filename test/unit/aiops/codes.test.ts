/** The registry and its pages hold together. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Code, codes, fillFix, TaskFlowError } from "../../../aiops/kagent/codes/index.ts";
import { repoRoot } from "../../../local/paths.ts";

const pages = join(repoRoot, "docs", "runbooks");
const folder = join(repoRoot, "aiops", "kagent", "codes");
const all = Object.keys(codes) as Code[];

describe.each(all)("%s", (code) => {
  const entry = codes[code];

  test("has a page with its title and its commands", async () => {
    const page = await readFile(join(pages, `${code}.md`), "utf8");
    expect(page.split("\n")[0]).toBe(`# ${code} ${entry.title}`);
    expect(page.match(/^## .*/gm)).toEqual(["## What it looks like", "## Why", "## How to mend it"]);
    for (const line of fillFix(entry.fix).filter((shown) => shown !== "<fix>")) expect(page).toContain(line);
  });

  test("says what, why and how to mend it", () => {
    expect(entry.title).toMatch(/^\S.{3,60}[^.\s]$/);
    expect(entry.cause).toMatch(/\.$/);
    expect(entry.fix.length).toBeGreaterThan(0);
  });
});

test("no page is left of a code that is gone, and the index lists each", async () => {
  const files = (await readdir(pages)).filter((name) => name !== "README.md");
  expect(files.sort()).toEqual(all.map((code) => `${code}.md`).sort());
  const index = await readFile(join(pages, "README.md"), "utf8");
  for (const code of all) expect(index).toContain(`- [${code}](${code}.md) ${codes[code].title}\n`);
});

test("titles are told apart", () => {
  const titles = all.map((code) => codes[code].title);
  expect(new Set(titles).size).toBe(titles.length);
});

test("no number stands in two files, where one entry would hide the other", async () => {
  const written: string[] = [];
  for (const name of await readdir(folder)) {
    const text = await readFile(join(folder, name), "utf8");
    written.push(...[...text.matchAll(/^ {2}(TF\d{4}): \{/gm)].map((match) => match[1] as string));
  }
  expect(written.sort()).toEqual([...all].sort());
});

test("links between pages lead somewhere", async () => {
  for (const code of all) {
    const page = await readFile(join(pages, `${code}.md`), "utf8");
    for (const [, target] of page.matchAll(/\]\((TF\d{4})\.md\)/g)) expect(all).toContain(target);
  }
});

describe("fix lines", () => {
  test("slots are filled; a value of several lines makes several", () => {
    expect(fillFix(["helm history {release}", "{fix}"], { release: "todo-local", fix: "a\nb" })).toEqual([
      "helm history todo-local",
      "a",
      "b",
    ]);
  });
  test("an error's own lines replace the registry's", () => {
    expect(new TaskFlowError("TF1101", { what: "x", fix: ["open -a Docker"] }).fix).toEqual([
      "open -a Docker",
    ]);
  });
});

test("the runbooks' index and the error screens agree on the exit code of every code", async () => {
  const index = await readFile(join(pages, "README.md"), "utf8");
  const { exitCodeOf } = await import("../../../cli/ui/exitCodes.ts");
  const line = /^Exit codes: .*$/m.exec(index)?.[0] ?? "";
  const documented = new Map<string, number>();
  for (const [, exit, named] of line.matchAll(/(\d+) [^;(]*\(([^)]*)\)/g)) {
    for (const name of named?.match(/TF\d{2}(?:xx|\d{2})/g) ?? []) documented.set(name, Number(exit));
  }
  // A code by itself says more than its area.
  const wanted = all.map((code) => [code, documented.get(code) ?? documented.get(`${code.slice(0, 4)}xx`)]);
  const ends = all.map((code) => [code, exitCodeOf(new TaskFlowError(code, { what: "x" }))]);
  expect(ends).toEqual(wanted);
});
