/** The tasks of aiops/kubectl-ai/evals, read as k8s-ai-bench reads them. */
import { constants } from "node:fs";
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { repoRoot } from "../../../../local/paths.ts";
import { run } from "../../../../local/run.ts";
import { readAsGo } from "./goStruct.ts";
import { evalTask } from "./upstream.ts";

const folder = join(repoRoot, "aiops", "kubectl-ai", "evals", "tasks");
// The runner takes every folder for a task, and stops at one without a task.yaml.
const tasks = (await readdir(folder, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

test("there are six faults at least", () => {
  expect(tasks.length).toBeGreaterThanOrEqual(6);
});

describe.each(tasks)("%s", (task) => {
  const read = async () => parse(await readFile(join(folder, task, "task.yaml"), "utf8"));

  test("has only keys that the runner reads", async () => {
    expect(readAsGo(evalTask, await read())).toEqual({ dropped: [], errors: [] });
  });

  test("is verified by a script or by its output, because one of the two would be enough", async () => {
    const { verifier, expect: expectations = [], script, difficulty, timeout } = await read();
    expect(Boolean(verifier)).toBe(expectations.length === 0);
    for (const { contains } of expectations) new RegExp(contains.replace("(?i)", ""), "i");
    expect(script).toHaveLength(1);
    expect(difficulty).toMatch(/^(easy|medium|hard)$/);
    expect(timeout).toMatch(/^\d+m$/);
  });

  test("asks as a person would: names the namespace, not the fault's code, and not that it is a test", async () => {
    const { script } = await read();
    expect(script[0].prompt).toContain("todo-app");
    expect(`${task} ${script[0].prompt}`).not.toMatch(/TF\d{4}|\beval|\btest\b|bench|inject/i);
  });

  test("its scripts can be run and are right in form", async () => {
    const { setup, verifier, cleanup } = await read();
    for (const script of [setup, verifier, cleanup].filter(Boolean)) {
      const file = join(folder, task, script);
      await access(file, constants.X_OK);
      expect(await run("bash", ["-n", file])).toMatchObject({ exitCode: 0, all: "" });
      // The runner starts the verifier in a folder of its own.
      expect(await readFile(file, "utf8")).toContain('. "$(dirname "$0")/../../lib/faults.sh"');
    }
    await expect(access(join(folder, task, "cleanup.sh"))).resolves.toBeUndefined();
  });

  test("brings back what it changes", async () => {
    const text = (name: string) => readFile(join(folder, task, name), "utf8");
    const [setup, cleanup] = await Promise.all([text("setup.sh"), text("cleanup.sh")]);
    const changed = [
      ...setup.matchAll(/^(?:kube (?:patch|set image|scale) (\S+)|change_container (\w+))/gm),
    ].map(([, object, container]) => object ?? `deployment/${container}`);
    expect(changed.length).toBeGreaterThan(0);
    for (const object of changed) {
      expect(setup).toMatch(new RegExp(`^note ${object} spec$`, "m"));
      expect(cleanup).toMatch(new RegExp(`^bring_back ${object} spec$`, "m"));
    }
  });
});
