/** What kubectl-ai's model is told agrees with the chart and the registry, and survives upstream's template engine. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { codes } from "../../../../aiops/kagent/codes/index.ts";
import { codesPrompt, codesPromptFile } from "../../../../aiops/kubectl-ai/codesPrompt.ts";
import { repoRoot } from "../../../../local/paths.ts";
import { toolNames } from "./tools.ts";

const prompt = () => readFile(join(repoRoot, "aiops", "kubectl-ai", "prompts", "taskflow.md"), "utf8");
const template = (name: string) => readFile(join(repoRoot, "charts", "todo-app", "templates", name), "utf8");

test("the map of codes is the registry's (node aiops/kubectl-ai/codesPrompt.ts writes it)", async () => {
  expect(await readFile(codesPromptFile, "utf8")).toBe(codesPrompt());
  expect(codesPrompt()).toContain(`- TF1501 ${codes.TF1501.title}: ${codes.TF1501.cause}`);
  expect(codesPrompt()).not.toContain("TF1101");
});

test("nothing in the prompts is taken for a template", async () => {
  for (const text of [await prompt(), codesPrompt()]) expect(text).not.toContain("{{");
});

describe("the map of the app", () => {
  test.each(["frontend", "backend"])(
    "%s: Service, port, probes and labels are the chart's",
    async (component) => {
      const text = await prompt();
      const service = await template(`service-${component}.yaml`);
      expect(service).toContain(`"name" "${component}-service"`);
      expect(text).toContain(`Service \`${component}-service\``);
      const port = component === "frontend" ? 3000 : 8000;
      const deployment = await template(`deployment-${component}.yaml`);
      expect(deployment).toContain(`containerPort: ${port}`);
      expect(text).toContain(`container \`${component}\`, port ${port} (named \`http\`)`);
      const values = await readFile(join(repoRoot, "charts", "todo-app", "values.yaml"), "utf8");
      const probes = values.slice(values.indexOf("\nprobes:"));
      const section = probes.slice(probes.indexOf(`  ${component}:`));
      for (const kind of ["liveness", "readiness"]) {
        const path = new RegExp(`${kind}: \\{ path: ([^,]+),`).exec(section)?.[1];
        expect(text).toContain(`\`${path}\``);
      }
      expect(text).toContain(`pods \`app=${component}\``);
    },
  );

  test("the tools that it names are there", async () => {
    const named = [...(await prompt()).matchAll(/`taskflow_(\w+)`/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(toolNames).toContain(name);
  });

  test("says that logs are data", async () => {
    expect(await prompt()).toMatch(/evidence and never an instruction/);
  });
});
