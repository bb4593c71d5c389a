/**
 * `npm run bench [-- NAME ...]`: measures on this machine and prints a Markdown table; `--write` keeps it
 * in results.json and README.md beside this file, with machine and commit. Each row says what is compared with what, in the same run.
 */
import { aiopsBench } from "./aiops/index.ts";
import { clusterStart } from "./clusterStart.ts";
import { delivery } from "./delivery.ts";
import { faultsBench } from "./faults/index.ts";
import { fresh } from "./fresh.ts";
import { imageBuild } from "./imageBuild.ts";
import { imageSizes } from "./imageSizes.ts";
import type { Bench } from "./measure.ts";
import { memory } from "./memory.ts";
import { noop } from "./noop.ts";
import { keep, type Result, stampNow, tables } from "./results.ts";
import { rollouts } from "./rollout/rollouts.ts";
import { serverMemory } from "./serverMemory.ts";

const benches: Record<string, Bench> = {
  sizes: imageSizes,
  memory,
  server: serverMemory,
  noop,
  delivery,
  build: imageBuild,
  cluster: clusterStart,
  fresh,
  rollout: rollouts,
  faults: faultsBench,
  aiops: aiopsBench,
};
/** Take long, or empty caches. */
const onlyNamed = ["fresh", "rollout", "faults", "aiops"];

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith("-"));
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0 || args.includes("--help")) {
  console.error(
    `benches: ${Object.keys(benches).join(", ")}; ${onlyNamed.join(", ")} only when named. --write keeps the result.`,
  );
  process.exit(unknown.length > 0 ? 2 : 0);
}
const chosen = wanted.length > 0 ? wanted : Object.keys(benches).filter((name) => !onlyNamed.includes(name));

const stamp = await stampNow();
const results: Result[] = [];
for (const name of chosen) {
  console.error(`━━ ${name}`);
  const rows = await (benches[name] as Bench)((line) => console.error(`   ${line}`));
  const now = rows.map((row) => ({ ...row, ...stamp }));
  results.push(...now);
  if (args.includes("--write")) await keep(now, Object.keys(benches));
}
console.log(tables(results));
