/** The schemas that kubeconform judges the chart by are strict: what is wrong is found, what is right passes. */
import { describe, expect, test } from "vitest";
import { run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import { kindSchemas, type Minor, minors, schemasFor } from "./schemas.ts";

async function problems(minor: Minor, object: object): Promise<string> {
  const { path } = await tool("kubeconform");
  const args = [
    "-strict",
    "-kubernetes-version",
    `${minor}.0`,
    "-schema-location",
    await schemasFor(minor),
    "-",
  ];
  const result = await run(path, args, { input: JSON.stringify(object) });
  return result.failed ? result.all : "";
}

const deployment = (container: object = {}, spec: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "a", labels: { app: "a" } },
  spec: {
    selector: { matchLabels: { app: "a" } },
    template: {
      metadata: { labels: { app: "a" } },
      spec: { containers: [{ name: "a", image: "a:1", ...container }] },
    },
    ...spec,
  },
});

describe.each(minors)("Kubernetes %s", { timeout: 300_000 }, (minor) => {
  test("accepts what is right", async () => {
    const container = {
      resources: { limits: { cpu: 0.5, memory: "512Mi" } },
      livenessProbe: { httpGet: { path: "/", port: "http" } },
      readinessProbe: { httpGet: { path: "/", port: 3000 } },
      lifecycle: { preStop: { sleep: { seconds: 5 } } },
    };
    const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: "25%" } };
    expect(await problems(minor, deployment(container, { strategy }))).toBe("");
  });

  test.each([
    ["an unknown field", deployment({}, { replica: 1 }), "replica"],
    ["an unknown field deep inside", deployment({ imagePullPolcy: "Always" }), "imagePullPolcy"],
    ["a wrong type", deployment({}, { replicas: "1" }), "replicas"],
    ["a missing field", { ...deployment(), spec: {} }, "selector"],
    ["a group that has no such kind", { ...deployment(), apiVersion: "batch/v1" }, "could not find schema"],
    [
      "an API version that is gone",
      { apiVersion: "policy/v1beta1", kind: "PodSecurityPolicy" },
      "could not find",
    ],
  ])("refuses %s", async (_, object, named) => {
    expect(await problems(minor, object)).toContain(named);
  });
});

test("a kind's schema holds all that it refers to", () => {
  const schemas = kindSchemas({
    definitions: {
      "io.example.v1.Thing": {
        type: "object",
        properties: { spec: { $ref: "#/definitions/io.example.v1.Spec" } },
        "x-kubernetes-group-version-kind": [{ group: "things.example.io", version: "v1", kind: "Thing" }],
      },
      "io.example.v1.Spec": {
        type: "object",
        properties: {
          more: { type: "array", items: { $ref: "#/definitions/io.example.v1.Spec" } },
          // JSONSchemaProps has a property of that name.
          $ref: { type: "string" },
        },
      },
      "io.example.v1.Other": { type: "object" },
    },
  });
  expect([...schemas.keys()]).toEqual(["thing-things-v1"]);
  const thing = schemas.get("thing-things-v1");
  expect(Object.keys(thing?.definitions ?? {})).toEqual(["io.example.v1.Spec"]);
  expect(thing?.properties?.apiVersion).toEqual({ enum: ["things.example.io/v1"] });
  expect(thing?.definitions?.["io.example.v1.Spec"]?.additionalProperties).toBe(false);
});
