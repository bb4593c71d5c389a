/** Each values file through both Helms: lint, the same objects, valid for Kubernetes. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import { chart, type Rendered, render, type ValuesName, valuesFiles, withValues } from "./helm.ts";

const bases = Object.keys(valuesFiles) as ValuesName[];
const helms = ["helm3", "helm4"] as const;

describe.each(helms)("%s", (helm) => {
  test.each(bases)("lint --strict: %s", async (base) => {
    const result = await withValues({ base }, async (args) =>
      run((await tool(helm)).path, ["lint", "--strict", chart, "--kube-version", "1.34.0", ...args]),
    );
    expect(result.all).toContain("1 chart(s) linted, 0 chart(s) failed");
    expect(result.all).not.toMatch(/\[(WARNING|ERROR)\]/);
  });
});

test.each(bases)("Helm 3 and 4 render the same objects, and twice the same text: %s", async (base) => {
  const byKindAndName = ({ objects }: Rendered) =>
    Object.fromEntries(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
  const [three, four, again] = [
    await render({ base, helm: "helm3" }),
    await render({ base, helm: "helm4" }),
    await render({ base, helm: "helm4" }),
  ];
  expect(byKindAndName(three)).toEqual(byKindAndName(four));
  expect(again.text).toBe(four.text);
});

test("nothing depends on the cluster's objects or on chance, so a render without a cluster is what gets deployed", async () => {
  for (const file of await readdir(join(chart, "templates"), { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const text = await readFile(join(file.parentPath, file.name), "utf8");
    expect(text, file.name).not.toMatch(
      /\b(lookup|rand\w+|genCA\w*|gen\w+Cert|genPrivateKey|uuidv4|now|htpasswd)\b/,
    );
  }
});

test("release and namespace are the command's, not written into the templates", async () => {
  const result = await run((await tool("helm4")).path, [
    ...["template", "other", chart, "--namespace", "elsewhere", "--kube-version", "1.34.0"],
  ]);
  expect(result.stdout).toContain("namespace: elsewhere");
  expect(result.stdout).not.toMatch(/todo-local|namespace: todo-app/);
});
