/** The repo's own TypeScript: types, style, unit, golden and chart tests. */
import { join } from "node:path";
import { repoRoot } from "../../local/paths.ts";
import { type Layer, single } from "./layer.ts";
import { show, vitest } from "./tools.ts";

const cwd = repoRoot;
const bin = (name: string) => join(cwd, "node_modules", ".bin", name);

export const programLayers: Layer[] = [
  {
    name: "types",
    title: "TypeScript types",
    run: async () => single((await show(bin("tsc"), ["--noEmit"], { cwd })) === 0),
  },
  {
    name: "style",
    title: "Biome lint and format",
    run: async () => single((await show(bin("biome"), ["check", "."], { cwd })) === 0),
  },
  {
    name: "unit",
    title: "Unit tests (Pulumi with mocks, CLI, doctor, drivers)",
    run: () => vitest("unit", ["test/unit"], { cwd }),
  },
  {
    name: "golden",
    title: "Golden files of every resource, dev and prod",
    run: () => vitest("golden", ["test/golden"], { cwd }),
  },
  {
    name: "chart",
    title: "Chart: lint, schema, kubeconform, assertions",
    run: () => vitest("chart", ["test/chart"], { cwd }),
  },
];
