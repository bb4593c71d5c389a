/**
 * `npm test`: every layer that needs no cluster. `npm run test:e2e`: the layers that need one, or built images. Each layer prints as it goes;
 * the last line counts all of them. Options: names of layers to run only those; `--list` (or `--help`) shows the names.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stateDir } from "../local/paths.ts";
import { backendLayers } from "./runner/backend.ts";
import { dockerfileLayers } from "./runner/dockerfiles.ts";
import { e2eLayers } from "./runner/e2e.ts";
import { frontendLayers } from "./runner/frontend.ts";
import { add, type Count, closingLine, type Layer, nothing } from "./runner/layer.ts";
import { mcpLayers } from "./runner/mcp.ts";
import { programLayers } from "./runner/program.ts";

const suites = {
  unit: [...programLayers, ...mcpLayers, ...dockerfileLayers, ...backendLayers, ...frontendLayers],
  e2e: e2eLayers,
} satisfies Record<string, Layer[]>;

const args = process.argv.slice(2);
const suite = args[0] === "e2e" ? "e2e" : "unit";
const wanted = args.filter((arg) => arg !== "e2e" && !arg.startsWith("-"));
const layers = suites[suite].filter((layer) => wanted.length === 0 || wanted.includes(layer.name));

if (args.includes("--list") || args.includes("--help")) {
  for (const layer of suites[suite]) console.log(`${layer.name.padEnd(16)} ${layer.title}`);
  process.exit(0);
}
const unknown = wanted.filter((name) => !layers.some((layer) => layer.name === name));
if (unknown.length > 0) {
  console.error(
    `no such layer: ${unknown.join(", ")}; there are ${suites[suite].map((l) => l.name).join(", ")}`,
  );
  process.exit(2);
}

let total: Count = nothing;
const table: string[] = [];
for (const layer of layers) {
  console.log(`\n━━ ${layer.title}`);
  const started = Date.now();
  let count: Count;
  try {
    count = await layer.run();
  } catch (error) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    count = { ...nothing, failed: 1 };
  }
  total = add(total, count);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  table.push(
    `${count.failed > 0 ? "✗" : "✓"} ${layer.title.padEnd(52)} ${closingLine(count)}  (${seconds} s)`,
  );
}
await mkdir(join(stateDir, "test-results"), { recursive: true });
await writeFile(join(stateDir, "test-results", `${suite}.json`), JSON.stringify(total));
for (const failure of total.failures ?? []) console.log(`\n✗ ${failure}`);
console.log(`\n${table.join("\n")}\n\n${closingLine(total)}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
