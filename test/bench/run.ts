/**
 * `npm run bench [-- NAME ...]`: measures on this machine and prints a Markdown table; `--write` puts it into
 * test/bench/README.md with machine and commit. Each row says what is compared with what, in the same run.
 */
import { readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { repoRoot } from "../../local/paths.ts";
import { run } from "../../local/run.ts";
import { clusterStart } from "./clusterStart.ts";
import { delivery } from "./delivery.ts";
import { fresh } from "./fresh.ts";
import { imageBuild } from "./imageBuild.ts";
import { imageSizes } from "./imageSizes.ts";
import type { Bench, Row } from "./measure.ts";
import { memory } from "./memory.ts";
import { noop } from "./noop.ts";

const benches: Record<string, Bench> = {
  sizes: imageSizes,
  memory,
  noop,
  delivery,
  build: imageBuild,
  cluster: clusterStart,
  fresh,
};

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith("-"));
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0 || args.includes("--help")) {
  console.error(
    `benches: ${Object.keys(benches).join(", ")}; \`fresh\` only when named. --write keeps the result.`,
  );
  process.exit(unknown.length > 0 ? 2 : 0);
}
const chosen = wanted.length > 0 ? wanted : Object.keys(benches).filter((name) => name !== "fresh");

const rows: Row[] = [];
for (const name of chosen) {
  console.error(`━━ ${name}`);
  rows.push(...(await (benches[name] as Bench)((line) => console.error(`   ${line}`))));
}
const table = [
  "| what | measured | runs | goal | command |",
  "|---|---|---|---|---|",
  ...rows.map(
    (row) =>
      `| ${row.what} | ${row.measured} | ${row.runs} | ${row.goal ?? ""} | \`npm run bench -- ${row.bench}\` |`,
  ),
].join("\n");
console.log(table);

if (args.includes("--write")) {
  const git = async (...list: string[]) => (await run("git", list, { cwd: repoRoot })).stdout.trim();
  const dirty =
    (await git("status", "--porcelain", "--", ".", ":!test/bench/README.md")) === ""
      ? ""
      : " with uncommitted changes";
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() || "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`;
  const stamp = `${new Date().toISOString().slice(0, 10)}, commit ${await git("rev-parse", "--short", "HEAD")}${dirty}, ${machine}`;
  const file = join(repoRoot, "test/bench/README.md");
  const text = await readFile(file, "utf8");
  const kept = keepOthers(text, rows);
  const body = `<!-- results -->\n${section(stamp, table)}${kept}<!-- /results -->`;
  await writeFile(
    file,
    text.replace(/<!-- results -->[\s\S]*<!-- \/results -->/, () => body),
  );
}

function section(stamp: string, content: string): string {
  return `\n${stamp}:\n\n${content}\n`;
}

/** Earlier results whose benches were not run now stay, under their own machine and commit. */
function keepOthers(text: string, measured: Row[]): string {
  const before = /<!-- results -->\n([\s\S]*)<!-- \/results -->/.exec(text)?.[1] ?? "";
  const now = new Set(measured.map((row) => row.bench));
  return before
    .split(/\n(?=\d{4}-\d\d-\d\d, commit )/)
    .map((part) => {
      const lines = part.trim().split("\n");
      const left = lines.filter(
        (line) =>
          !/^\| .*npm run bench -- (\w+)/.test(line) ||
          !now.has(/npm run bench -- (\w+)/.exec(line)?.[1] ?? ""),
      );
      return left.some((line) => line.includes("npm run bench -- ")) ? `\n${left.join("\n")}\n` : "";
    })
    .join("");
}
