/** The repo's own TypeScript: types, style, unit, golden and chart tests. */
import { join } from "node:path";
import { repoRoot } from "../../local/paths.ts";
import { tool } from "../../local/toolchain/index.ts";
import { minors, schemasFor } from "../chart/schemas.ts";
import { type Layer, single } from "./layer.ts";
import { show, vitest } from "./tools.ts";

const cwd = repoRoot;
const bin = (name: string) => join(cwd, "node_modules", ".bin", name);

/** Built or fetched once, before tests run side by side and with a time limit each. */
async function chartTools(): Promise<void> {
  const report = (line: string) => console.log(line);
  for (const name of ["helm3", "helm4", "kubeconform", "kube-score", "kubectl"] as const)
    await tool(name, report);
  for (const minor of minors) await schemasFor(minor);
}

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
    run: async () => {
      await chartTools();
      return vitest("golden", ["test/golden"], { cwd });
    },
  },
  {
    name: "chart",
    title: "Chart: lint, schema, kubeconform, kube-score, tests",
    run: async () => {
      await chartTools();
      return vitest("chart", ["test/chart"], { cwd });
    },
  },
];
