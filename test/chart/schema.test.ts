/** values.schema.json refuses what is wrong, with its path and what is allowed; every value is described. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { chart, refusal, render } from "./helm.ts";
import { describedValues, readmeFile, withValues } from "./readme.ts";

interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  definitions?: Record<string, Schema>;
  $ref?: string;
}

const valuesYaml = await readFile(join(chart, "values.yaml"), "utf8");
const schema: Schema = JSON.parse(await readFile(join(chart, "values.schema.json"), "utf8"));

/** Puts `value` at a dotted path. */
const at = (path: string, value: unknown): object =>
  path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;

describe("is refused with its path and what is allowed", () => {
  test.each<[path: string, value: unknown, message: string]>([
    ["replicaCount.frontend", 0, "at '/replicaCount/frontend': minimum: got 0, want 1"],
    ["replicaCount.backend", 4, "at '/replicaCount/backend': maximum: got 4, want 3"],
    ["replicaCount.backend", "two", "at '/replicaCount/backend': got string, want integer"],
    ["replicaCount.backend", 1.5, "at '/replicaCount/backend': got number, want integer"],
    ["replicacount", { frontend: 1 }, "at '': additional properties 'replicacount' not allowed"],
    ["image.fronted", { tag: "x" }, "at '/image': additional properties 'fronted' not allowed"],
    ["image.backend.tags", "x", "at '/image/backend': additional properties 'tags' not allowed"],
    [
      "image.pullPolicy",
      "Sometimes",
      "at '/image/pullPolicy': value must be one of 'IfNotPresent', 'Always', 'Never'",
    ],
    [
      "image.frontend.tag",
      "latest",
      "at '/image/frontend/tag': value must be 'a tag that does not move, such as v1.0.0'",
    ],
    ["image.pullPolicy", null, "at '/image': missing property 'pullPolicy'"],
    ["image.frontend.tag", 123456, "at '/image/frontend/tag': got number, want string"],
    ["image.frontend.tag", "", "at '/image/frontend/tag': '' does not match pattern"],
    ["image.backend.digest", "sha256:abc", "at '/image/backend/digest': 'sha256:abc' does not match pattern"],
    [
      "image.backend.repository",
      "Todo Backend",
      "at '/image/backend/repository': 'Todo Backend' does not match pattern",
    ],
    ["imagePullSecrets", ["registry"], "at '/imagePullSecrets/0': got string, want object"],
    [
      "imagePullSecrets",
      [{ name: "My Secret" }],
      "at '/imagePullSecrets/0/name': 'My Secret' does not match",
    ],
    [
      "resources.frontend.limits.cpu",
      "half",
      "at '/resources/frontend/limits/cpu': 'half' does not match pattern",
    ],
    ["resources.backend.limits.memory", -1, "at '/resources/backend/limits/memory': minimum: got -1, want 0"],
    ["resources.backend.limit", {}, "at '/resources/backend': additional properties 'limit' not allowed"],
    ["env.databaseURL", "x", "at '/env': additional properties 'databaseURL' not allowed"],
    ["env.appUrl", "localhost:3000", "at '/env/appUrl': 'localhost:3000' does not match pattern '^https?://"],
    [
      "env.appUrl",
      "http://localhost:3000/",
      "at '/env/appUrl': 'http://localhost:3000/' does not match pattern",
    ],
    ["env.aiModel", "ref+vault://model", "at '/env/aiModel': 'ref+vault://model' does not match pattern"],
    ["env.apiUrl", "backend:8000", "at '/env/apiUrl': 'backend:8000' does not match pattern '^(https?://"],
    ["existingSecret.backend", "Theirs", "at '/existingSecret/backend': 'Theirs' does not match pattern"],
    ["existingSecret", "all-of-them", "at '/existingSecret': got string, want object"],
    [
      "existingSecret.keys.databaseUrl",
      "",
      "at '/existingSecret/keys/databaseUrl': '' does not match pattern",
    ],
    [
      "service.frontend.nodePort",
      "30300",
      "at '/service/frontend/nodePort': got string, want null or integer",
    ],
    ["service.frontend.nodePort", 29999, "at '/service/frontend/nodePort': minimum: got 29,999, want 30,000"],
    ["service.frontend.nodePort", 32768, "at '/service/frontend/nodePort': maximum: got 32,768, want 32,767"],
    [
      "service.frontend.type",
      "nodeport",
      "at '/service/frontend/type': value must be one of 'NodePort', 'ClusterIP'",
    ],
    ["service.backend.type", "NodePort", "at '/service/backend/type': value must be 'ClusterIP'"],
    ["service.backend.port", 0, "at '/service/backend/port': minimum: got 0, want 1"],
    ["service.frontend.port", 65536, "at '/service/frontend/port': maximum: got 65,536, want 65,535"],
    ["service.frontend.annotations.a", 1, "at '/service/frontend/annotations/a': got number, want string"],
    ["ingress.enabled", "yes", "at '/ingress/enabled': got string, want boolean"],
    ["ingress.host", "http://localhost", "at '/ingress/host': 'http://localhost' does not match pattern"],
    ["httpRoute.hostnames", ["http://a"], "at '/httpRoute/hostnames/0': 'http://a' does not match pattern"],
    ["httpRoute.parentRefs", [{}], "at '/httpRoute/parentRefs/0': missing property 'name'"],
    ["autoscaling.backend.minReplicas", 0, "at '/autoscaling/backend/minReplicas': minimum: got 0, want 1"],
    [
      "autoscaling.backend.targetCPUUtilizationPercentage",
      101,
      "at '/autoscaling/backend/targetCPUUtilizationPercentage': maximum: got 101, want 100",
    ],
    ["autoscaling.frontend.maxReplicas", 4, "at '/autoscaling/frontend/maxReplicas': maximum: got 4, want 3"],
    ["autoscaling.enabled", true, "at '/autoscaling': additional properties 'enabled' not allowed"],
    ["networkPolicy.databaseCidrs", [], "at '/networkPolicy/databaseCidrs': minItems: got 0, want 1"],
    ["networkPolicy.databaseCidrs", ["10.0.0.0"], "at '/networkPolicy/databaseCidrs/0': '10.0.0.0' does not"],
    [
      "networkPolicy.frontendFrom",
      [{ pod: {} }],
      "at '/networkPolicy/frontendFrom/0': additional properties",
    ],
    ["networkPolicy.databasePort", null, "at '/networkPolicy': missing property 'databasePort'"],
    [
      "probes.backend.liveness.path",
      "health",
      "at '/probes/backend/liveness/path': 'health' does not match pattern",
    ],
    [
      "probes.backend.startup.periodSeconds",
      0,
      "at '/probes/backend/startup/periodSeconds': minimum: got 0, want 1",
    ],
    ["rollout.preStopSleepSeconds", -1, "at '/rollout/preStopSleepSeconds': minimum: got -1, want 0"],
    ["rollout.revisionHistoryLimit", 0, "at '/rollout/revisionHistoryLimit': minimum: got 0, want 1"],
    ["volumes.tmpSizeLimit", "64 MB", "at '/volumes/tmpSizeLimit': '64 MB' does not match pattern"],
    ["podSecurityContext.runAsUser", "root", "at '/podSecurityContext/runAsUser': got string, want integer"],
    ["extraEnv.frontend", [{ name: "A-B" }], "at '/extraEnv/frontend/0/name': 'A-B' does not match pattern"],
    ["podAnnotations.revision", 3, "at '/podAnnotations/revision': got number, want string"],
    ["topologySpread.maxSkew", 0, "at '/topologySpread/maxSkew': minimum: got 0, want 1"],
    ["topologySpread.topologyKey", "a b", "at '/topologySpread/topologyKey': 'a b' does not match pattern"],
    ["tolerations", [{ keys: "a" }], "at '/tolerations/0': additional properties 'keys' not allowed"],
    ["affinity.backend", { pods: {} }, "at '/affinity/backend': additional properties 'pods' not allowed"],
    ["priorityClassName", "High", "at '/priorityClassName': 'High' does not match pattern"],
    [
      "topologySpread.whenUnsatisfiable",
      "Maybe",
      "at '/topologySpread/whenUnsatisfiable': value must be one of",
    ],
  ])("%s: %j", async (path, value, message) => {
    expect(await refusal({ values: at(path, value) })).toContain(message);
  });
});

/** Each value with its dotted path. */
function paths(values: object, prefix = ""): [path: string, value: unknown][] {
  return Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
    const path = `${prefix}${key}`;
    const map = value !== null && typeof value === "object" && !Array.isArray(value);
    const parts = map ? paths(value, `${path}.`) : [];
    return parts.length > 0 ? parts : [[path, value]];
  });
}

test("every value of values.yaml refuses another type, by its path", async () => {
  const all = paths(parse(valuesYaml));
  expect(all.length).toBeGreaterThan(100);
  const wrong = {};
  for (const [path, value] of all) {
    const keys = path.split(".");
    const last = keys.pop() as string;
    const place = keys.reduce<Record<string, never>>((inner, key) => (inner[key] ??= {} as never), wrong);
    // A number would do for some texts, such as a quantity of memory.
    Object.assign(place, { [last]: typeof value === "string" || typeof value === "number" ? true : "wrong" });
  }
  const message = await refusal({ values: wrong });
  const refused = [...message.matchAll(/at '\/([^']+)': (?:got \w+, want|value must be) /g)].map(
    ([, pointer]) => pointer?.replaceAll("/", "."),
  );
  expect(refused.sort()).toEqual(all.map(([path]) => path).sort());
});

test("Helm 3 refuses the same way", async () => {
  const message = await refusal({ helm: "helm3", values: { replicaCount: { frontend: 4 } } });
  expect(message).toContain("at '/replicaCount/frontend': maximum: got 4, want 3");
});

test("a parent chart's global values are let in", async () => {
  await render({ values: { global: { anything: 1 } } });
});

test("every object of the schema is closed, but for maps of strings and what Kubernetes itself defines", () => {
  const open: string[] = [];
  const walk = (node: Schema, path: string) => {
    if (node.type === "object" && node.additionalProperties === undefined) open.push(path);
    for (const [key, child] of Object.entries(node.properties ?? {})) walk(child, `${path}.${key}`);
    for (const [key, child] of Object.entries(node.definitions ?? {})) walk(child, `${path}#${key}`);
  };
  walk(schema, "");
  expect(open.sort()).toEqual([
    ".global",
    ".podSecurityContext",
    ".podSecurityContext.seccompProfile",
    ".securityContext",
    ".securityContext.capabilities",
  ]);
});

test("the schema knows no value that values.yaml does not have", () => {
  const missing: string[] = [];
  const walk = (node: Schema, values: unknown, path: string) => {
    const target = node.$ref ? schema.definitions?.[node.$ref.replace("#/definitions/", "")] : node;
    for (const [key, child] of Object.entries(target?.properties ?? {})) {
      const value = (values as Record<string, unknown> | undefined)?.[key];
      if (value === undefined) missing.push(`${path}${key}`);
      else walk(child, value, `${path}${key}.`);
    }
  };
  walk(schema, parse(valuesYaml), "");
  expect(missing).toEqual(["global"]);
});

test("every value is described, and README.md has the table that its comments make", async () => {
  const values = describedValues(valuesYaml);
  for (const { path, description } of values) expect(`${path}: ${description}`).toMatch(/: .{8,}\.$/);
  const readme = await readFile(readmeFile, "utf8");
  expect(readme, "run: node test/chart/readme.ts").toBe(withValues(readme, values));
});

test("a value without a comment is found", () => {
  expect(() => describedValues("a:\n  # -- Described.\n  b: 1\n  c: 2\n")).toThrow(
    'a.c in values.yaml has no "# --"',
  );
});
