import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type BaseName, baseNames, npm, official } from "../../../../local/baseImages/pins.ts";
import { repoRoot } from "../../../../local/paths.ts";

it("pins every official image by tag and digest", () => {
  for (const name of baseNames)
    expect(official[name]).toMatch(/^[a-z.]+\/[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
});

it("pins npm by its content", () => {
  expect(npm.integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
});

it.each<[string, Record<string, BaseName>]>([
  ["frontend", { NODE_BUILD_IMAGE: "node-build", NODE_RUNTIME_IMAGE: "cc" }],
  ["aiops/kagent", { NODE_BUILD_IMAGE: "node-build", NODE_RUNTIME_IMAGE: "cc" }],
  ["backend", { PYTHON_BUILD_IMAGE: "python-build", PYTHON_RUNTIME_IMAGE: "python" }],
])("%s/Dockerfile starts from the pinned images when nobody says otherwise", (component, args) => {
  const text = readFileSync(join(repoRoot, component, "Dockerfile"), "utf8");
  const defaults = Object.fromEntries(
    [...text.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm)].map((m) => [m[1], m[2]]),
  );
  expect(defaults).toEqual(
    Object.fromEntries(Object.entries(args).map(([arg, name]) => [arg, official[name]])),
  );
  // Every stage starts from one of them: nothing else is pulled.
  const from = [...text.matchAll(/^FROM (\S+)/gm)].map((m) => m[1]);
  for (const image of from) expect(Object.keys(args).map((arg) => `\${${arg}}`)).toContain(image);
  expect(text).not.toMatch(/^# *syntax=/m);
});
