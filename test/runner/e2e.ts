/** The layers that need Docker and, but for the first, a cluster. */
import { repoRoot } from "../../local/paths.ts";
import type { Layer } from "./layer.ts";
import { vitest } from "./tools.ts";

const cwd = repoRoot;
const file = (name: string) => [
  "--root",
  ".",
  "--config",
  "test/e2e/vitest.config.ts",
  `test/e2e/${name}.test.ts`,
];

export const e2eLayers: Layer[] = [
  {
    name: "images",
    title: "The images: contents, hardening, reproducibility",
    run: () => vitest("e2e-images", file("images"), { cwd }),
  },
  {
    name: "cluster",
    title: "Embedded cluster",
    run: () => vitest("e2e-cluster", file("embedded-cluster"), { cwd }),
  },
  {
    name: "helm",
    title: "Up, browser, second up, destroy (Helm)",
    run: () => vitest("e2e-helm", file("helm"), { cwd }),
  },
  {
    name: "pulumi",
    title: "The same through Pulumi, with drift",
    run: () => vitest("e2e-pulumi", file("pulumi"), { cwd }),
  },
  {
    name: "diagnosis",
    title: "Diagnosis: faults on a real cluster",
    run: () => vitest("e2e-diagnosis", file("diagnosis"), { cwd }),
  },
  {
    name: "chart",
    title: "The chart on a real API server",
    run: () => vitest("e2e-chart", file("chart"), { cwd }),
  },
  {
    name: "aiops",
    title: "The MCP server in a cluster: its image, rights, plans",
    run: () => vitest("e2e-aiops", file("aiops"), { cwd }),
  },
  {
    name: "quickstart",
    title: "The quickstart's own commands",
    run: () => vitest("e2e-quickstart", file("quickstart"), { cwd }),
  },
  {
    name: "bad-input",
    title: "What goes wrong gives one screen",
    run: () => vitest("e2e-bad-input", file("bad-input"), { cwd }),
  },
];
