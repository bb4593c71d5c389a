/** Where measurements are kept: results.json, and the table of it in README.md for people. */
import { readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { repoRoot } from "../../local/paths.ts";
import { run } from "../../local/run.ts";
import type { Row } from "./measure.ts";

const readme = join(repoRoot, "test/bench/README.md");
const json = join(repoRoot, "test/bench/results.json");

/** When, what and where. */
export interface Stamp {
  /** ISO 8601 day. */
  date: string;
  /** Short hash, with a `+` where the checkout had changes on top. */
  commit: string;
  machine: string;
}

export type Result = Row & Stamp;

/** To be taken before anything is measured. */
export async function stampNow(): Promise<Stamp> {
  const git = async (...list: string[]) => (await run("git", list, { cwd: repoRoot })).stdout.trim();
  const changes = await git(
    "status",
    "--porcelain",
    "--",
    ".",
    ":!test/bench/README.md",
    ":!test/bench/results.json",
  );
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: `${await git("rev-parse", "--short", "HEAD")}${changes ? "+" : ""}`,
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() || "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`,
  };
}

/** The new results in place of earlier ones of the same bench on the same machine, in the order of `benches`. Pure. */
export function merged(
  before: readonly Result[],
  now: readonly Result[],
  benches: readonly string[],
): Result[] {
  const kept = before.filter(
    (old) => !now.some((result) => result.bench === old.bench && result.machine === old.machine),
  );
  const place = ({ bench }: Result) => benches.indexOf(bench);
  return [...kept, ...now].sort((a, b) => place(a) - place(b));
}

/** As Markdown: a table a machine. Pure. */
export function tables(results: readonly Result[]): string {
  const machines = [...new Set(results.map(({ machine }) => machine))];
  return machines
    .map((machine) =>
      [
        `${machine}:`,
        "",
        "| what | measured | runs | goal | `npm run bench --` | commit, date |",
        "|---|---|---|---|---|---|",
        ...results
          .filter((result) => result.machine === machine)
          .map(
            ({ what, measured, runs, goal, bench, commit, date }) =>
              `| ${what} | ${measured} | ${runs} | ${goal ?? ""} | \`${bench}\` | ${commit}, ${date} |`,
          ),
      ].join("\n"),
    )
    .join("\n\n");
}

/** Puts the results into both files. */
export async function keep(now: readonly Result[], benches: readonly string[]): Promise<void> {
  const all = merged(JSON.parse(await readFile(json, "utf8")) as Result[], now, benches);
  await writeFile(json, `${JSON.stringify(all, null, 2)}\n`);
  const text = await readFile(readme, "utf8");
  const body = `<!-- results -->\n\n${tables(all)}\n\n<!-- /results -->`;
  await writeFile(
    readme,
    text.replace(/<!-- results -->[\s\S]*<!-- \/results -->/, () => body),
  );
}
