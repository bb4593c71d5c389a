/** The program when `npm run rollback` runs it. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { returnTo } from "../../../components/releaseContent.ts";
import { repoRoot } from "../../../local/paths.ts";
import { runProgram, stackFileConfig } from "../../support/program.ts";

const folder = `.taskflow/test-rollback-${process.pid}`;
const variables = returnTo(folder);
afterAll(() => {
  for (const name of Object.keys(variables)) delete process.env[name];
  rmSync(join(repoRoot, folder), { recursive: true, force: true });
});

test("the recorded chart, values and images are deployed, not the checkout's", async () => {
  mkdirSync(join(repoRoot, folder), { recursive: true });
  cpSync(join(repoRoot, "charts/todo-app"), join(repoRoot, folder, "chart"), { recursive: true });
  const images = {
    frontend: { repository: "todo-frontend", tag: "v1.0.0-aaaaaaaaaaaa" },
    backend: { repository: "todo-backend", tag: "v1.0.0-bbbbbbbbbbbb" },
  };
  const service = { frontend: { nodePort: 30999, annotations: { of: "then" } } };
  const values = { image: images, secretsRevision: "earlier", service };
  writeFileSync(join(repoRoot, folder, "deployment.json"), JSON.stringify({ images, values }));
  Object.assign(process.env, variables);

  const { resources, outputs } = await runProgram("dev", stackFileConfig("dev"));
  const chart = resources.find(({ type }) => type === "kubernetes:helm.sh/v4:Chart");
  expect(chart?.inputs.chart).toBe(`./${folder}/chart`);
  // But for the node port: the cluster leads to the one that the configuration says now.
  const now = { frontend: { nodePort: 30300, annotations: { of: "then" } } };
  expect(chart?.inputs.values).toEqual({ ...values, service: now });
  expect(outputs.images).toEqual({
    frontend: "todo-frontend:v1.0.0-aaaaaaaaaaaa",
    backend: "todo-backend:v1.0.0-bbbbbbbbbbbb",
  });
  // Still the stack's: left out they would be deleted, and the node's images with them.
  expect(resources.filter(({ type }) => type === "pulumi-nodejs:dynamic/taskflow:NodeImage")).toHaveLength(2);
});
