/** kube-score finds nothing in the chart but what is passed over with a reason. */
import { describe, expect, test } from "vitest";
import { run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import { render, type ValuesName, valuesFiles } from "./helm.ts";
import { findings, ignores, optionalChecks } from "./kubeScore.ts";

describe.each(Object.keys(valuesFiles) as ValuesName[])("values: %s", (base) => {
  const ignored = ignores
    .filter(({ values }) => values.includes(base))
    .flatMap(({ check, objects }) => objects.map((object) => `${check} ${object}`));

  test("nothing is found that is not passed over, and nothing passed over that is not found", async () => {
    const found = await findings((await render({ base })).text);
    const at = found.map(({ check, object }) => `${check} ${object}`);
    expect(found.filter((_, index) => !ignored.includes(at[index] as string))).toEqual([]);
    expect(ignored.filter((one) => !at.includes(one))).toEqual([]);
  });
});

test("a container without its memory limit, and an annotation that would hide it, are seen", async () => {
  const { text } = await render({
    base: "prod",
    values: { podAnnotations: { "kube-score/ignore": "container-resources" } },
  });
  const found = await findings(text.replaceAll(/^ +memory: 512Mi\n/gm, ""));
  expect(found.filter(({ check }) => check === "container-resources")).toEqual([
    {
      check: "container-resources",
      object: "Deployment/backend",
      comments: "migrate: Memory limit is not set; backend: Memory limit is not set",
    },
    {
      check: "container-resources",
      object: "Deployment/frontend",
      comments: "frontend: Memory limit is not set",
    },
  ]);
});

test("every optional check is on, or has its reason", async () => {
  const { stdout } = await run((await tool("kube-score")).path, ["list"]);
  const optional = stdout
    .split("\n")
    .filter((line) => line.endsWith(",optional"))
    .map((line) => line.split(",")[0]);
  expect(Object.keys(optionalChecks).sort()).toEqual(optional.sort());
});
