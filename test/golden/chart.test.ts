/** Every object that both deployers apply, rendered by Helm from the stack files. Update: npx vitest run test/golden -u */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { chartValues } from "../../components/chartValues.ts";
import { parseStackConfig } from "../../components/stackConfig.ts";
import { repoRoot } from "../../local/paths.ts";
import { run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import { prodConfig, stackFileConfig } from "../support/program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Rendered {
  kind: string;
  metadata: { name: string };
}

async function render(stack: "dev" | "prod", raw: Record<string, string>): Promise<Rendered[]> {
  const bare = Object.fromEntries(
    Object.entries(raw).map(([key, value]) => [key.replace("taskflow:", ""), value]),
  );
  const configured = {
    databaseUrl: stack === "prod",
    betterAuthSecret: stack === "prod",
    openaiApiKey: false,
  };
  const config = parseStackConfig(stack, bare, configured);
  const prefix = config.registry ? `${config.registry}/` : "";
  const images = {
    frontend: { repository: `${prefix}todo-frontend`, tag: "v1.0.0-0123456789ab" },
    backend: { repository: `${prefix}todo-backend`, tag: "v1.0.0-0123456789ab" },
  };
  const file = join(folder, `${stack}.json`);
  await writeFile(file, JSON.stringify(chartValues(config, images, stack === "dev" ? "abcd1234" : "")));
  const chart = join(repoRoot, "charts/todo-app");
  const values = ["--values", join(chart, `values-${stack}.yaml`), "--values", file];
  const result = await run((await tool("helm3")).path, [
    ...["template", "todo-local", chart, "--namespace", config.namespace, "--no-hooks", ...values],
  ]);
  if (result.failed) throw new Error(result.all);
  return parseAllDocuments(result.stdout)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null)
    .sort((a, b) => `${a.kind}${a.metadata.name}`.localeCompare(`${b.kind}${b.metadata.name}`));
}

describe("every object", () => {
  test.each([
    ["dev", stackFileConfig("dev")],
    ["prod", prodConfig],
  ] as const)(
    "%s",
    async (stack, raw) => {
      const objects = await render(stack, raw);
      expect(objects.filter(({ kind }) => kind === "Secret")).toEqual([]);
      await expect(`${JSON.stringify(objects, null, 2)}\n`).toMatchFileSnapshot(`chart-${stack}.json`);
    },
    600_000,
  );
});
