/**
 * kagent's objects against kagent's own schemas. They are not part of this repo: TASKFLOW_KAGENT_CRDS names a folder with
 * the CRDs of kagent v0.9.12 (go/api/config/crd/bases) and of kmcp v0.3.0 (config/crd/bases); without it this is skipped.
 * CEL rules are an API server's to judge.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesObject, V1CustomResourceDefinition } from "@kubernetes/client-node";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { build, kubectl } from "./kustomize.ts";

const folder = process.env.TASKFLOW_KAGENT_CRDS;
if (!folder) console.warn("kagent's CRDs: skipped, TASKFLOW_KAGENT_CRDS names no folder");

type Schema = Record<string, unknown> & {
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
};

/** As an API server with strict field validation reads it: a field that the schema does not have is an error. */
function strict(schema: Schema): Schema {
  const { properties, items, additionalProperties, ...rest } = schema;
  if (rest["x-kubernetes-int-or-string"]) return {};
  const open = rest["x-kubernetes-preserve-unknown-fields"] || rest["x-kubernetes-embedded-resource"];
  return {
    ...rest,
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [key, strict(value)]),
          ),
          ...(open ? {} : { additionalProperties: false }),
        }
      : {}),
    ...(items ? { items: strict(items) } : {}),
    ...(typeof additionalProperties === "object"
      ? { additionalProperties: strict(additionalProperties) }
      : additionalProperties === undefined
        ? {}
        : { additionalProperties }),
  };
}

describe.skipIf(!folder || !kubectl)("against kagent's schemas", () => {
  const crds: V1CustomResourceDefinition[] = [];
  beforeAll(async () => {
    for (const name of await readdir(folder as string)) {
      if (name.endsWith(".yaml")) crds.push(parse(await readFile(join(folder as string, name), "utf8")));
    }
  });

  function problems(object: KubernetesObject): string[] {
    const [group, version] = (object.apiVersion ?? "").split("/");
    const crd = crds.find(({ spec }) => spec.group === group && spec.names.kind === object.kind);
    const served = crd?.spec.versions.find(({ name, served }) => name === version && served);
    if (!served) return [`${object.apiVersion} ${object.kind} is not served`];
    const schema = strict(served.schema?.openAPIV3Schema as Schema);
    // The API server knows these itself.
    const whole = { ...schema, properties: { ...schema.properties, metadata: {}, apiVersion: {}, kind: {} } };
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(whole);
    validate(object);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  test.each(["kagent", "kmcp"])("%s", async (place) => {
    const objects = (await build(place)).filter(({ apiVersion }) => apiVersion?.startsWith("kagent.dev/"));
    expect(objects.length).toBeGreaterThan(0);
    for (const object of objects) expect(problems(object)).toEqual([]);
  });

  test("what is wrong is found", async () => {
    const [agent] = (await build("kagent")).filter(({ kind }) => kind === "Agent") as (KubernetesObject & {
      spec: Record<string, unknown>;
    })[];
    const wrong = structuredClone(agent) as typeof agent & { spec: { declarative: Record<string, unknown> } };
    wrong.spec.declarative.runtime = "rust";
    wrong.spec.declarative.aproval = true;
    expect(problems(wrong)).toEqual([
      expect.stringContaining("aproval"),
      expect.stringContaining("/spec/declarative/runtime"),
    ]);
  });
});
