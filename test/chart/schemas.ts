/**
 * JSON schemas of the Kubernetes API for kubeconform, one directory a minor version, made on this machine from upstream's
 * own OpenAPI description. It comes with the Go module k8s.io/kubernetes, so that a module proxy is enough; kubeconform's
 * own schemas come from GitHub.
 */
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../../local/paths.ts";
import { run } from "../../local/run.ts";
import { goProgram } from "../../local/toolchain/goBuild.ts";

/** The releases that the schemas are made from, each with its module's sum as go.sum has it. */
export const releases = {
  "1.32": { version: "1.32.13", sum: "h1:5TGYdZ6YZqdp6h/Rp1vX/4TIoybMPdgv97LCZCtPuNQ=" },
  "1.34": { version: "1.34.4", sum: "h1:Yy6R4QB8C9kJPp25GFqEvX5XQwY5qzKeqD0Xx6oAcmk=" },
  "1.36": { version: "1.36.3", sum: "h1:qDQdoMiluAE2Eab6Fa52YV+WjiGz9mZFFoagEA6cI+o=" },
} as const;
export type Minor = keyof typeof releases;
export const minors = Object.keys(releases) as Minor[];

/** Raise it when the conversion below changes. */
const format = 1;

const made = new Map<Minor, Promise<string>>();

/**
 * The value of kubeconform's `-schema-location` for a Kubernetes minor version. Made once (20 MB are downloaded), then
 * taken from the cache. A kind that is not in it is unknown to that Kubernetes.
 */
export function schemasFor(minor: Minor): Promise<string> {
  const location = made.get(minor) ?? make(minor);
  made.set(minor, location);
  return location;
}

async function make(minor: Minor): Promise<string> {
  const { version, sum } = releases[minor];
  const target = join(cacheDir, "schemas", `kubernetes-${version}-${format}`);
  const location = join(target, "{{ .ResourceKind }}{{ .KindSuffix }}.json");
  if (
    await access(target).then(
      () => true,
      () => false,
    )
  )
    return location;
  await mkdir(join(cacheDir, "schemas"), { recursive: true });
  const work = await mkdtemp(join(cacheDir, "schemas", "make-"));
  try {
    const schemas = join(work, "schemas");
    await mkdir(schemas);
    const openApi = await openApiOf(version, sum, join(work, "modules"));
    for (const [name, schema] of kindSchemas(openApi)) {
      await writeFile(join(schemas, `${name}.json`), JSON.stringify(schema));
    }
    await rename(schemas, target).catch((error: NodeJS.ErrnoException) => {
      // Another process was first.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    return location;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Reads api/openapi-spec/swagger.json of a release. The module's 110 MB lie in `modules` only for the moment. */
async function openApiOf(version: string, sum: string, modules: string): Promise<OpenApi> {
  const downloaded = await run(
    await goProgram(),
    ["mod", "download", "-json", `k8s.io/kubernetes@v${version}`],
    {
      // Outside of any module, so that no other go.mod has a say.
      cwd: cacheDir,
      env: { GOMODCACHE: modules, GOFLAGS: "-modcacherw", GOWORK: "off" },
    },
  );
  if (downloaded.failed)
    throw new Error(`Kubernetes ${version} can't be had from the Go modules: ${downloaded.all}`);
  const module = JSON.parse(downloaded.stdout) as { Dir: string; Sum: string };
  if (module.Sum !== sum) throw new Error(`k8s.io/kubernetes v${version} has sum ${module.Sum}, not ${sum}`);
  return JSON.parse(await readFile(join(module.Dir, "api/openapi-spec/swagger.json"), "utf8"));
}

/** A schema, in OpenAPI's or JSON Schema's words. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  oneOf?: Schema[];
  definitions?: Record<string, Schema>;
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
}

export interface OpenApi {
  definitions: Record<string, Schema>;
}

const prefix = "#/definitions/";

/**
 * One strict schema a kind, under the name that kubeconform looks for: kind, first part of the group, version. Each holds
 * all that it refers to, so that no file depends on another. Pure.
 */
export function kindSchemas({ definitions }: OpenApi): Map<string, Schema> {
  const strictOnes = new Map(
    Object.entries(definitions).map(([name, schema]) => [name, strict(name, schema)]),
  );
  const schemas = new Map<string, Schema>();
  for (const [name, { "x-kubernetes-group-version-kind": kinds }] of Object.entries(definitions)) {
    // What many kinds share, such as DeleteOptions, is no object that a chart could hold.
    const [only] = kinds ?? [];
    const own = strictOnes.get(name);
    if (!only || kinds?.length !== 1 || !own) continue;
    const { group, version, kind } = only;
    const file = [kind, ...(group ? [group.split(".")[0]] : []), version].join("-").toLowerCase();
    const apiVersion = group ? `${group}/${version}` : version;
    schemas.set(file, {
      ...own,
      properties: { ...own.properties, apiVersion: { enum: [apiVersion] }, kind: { enum: [kind] } },
      required: [...new Set([...(own.required ?? []), "apiVersion", "kind"])],
      definitions: closure(own, strictOnes),
    });
  }
  return schemas;
}

/** What the API server accepts beyond what OpenAPI 2 can say of a type. */
const freer: Readonly<Record<string, Schema>> = {
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { oneOf: [{ type: "string" }, { type: "integer" }] },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { oneOf: [{ type: "string" }, { type: "number" }] },
};

/** A definition in JSON Schema's words that allows no field which it does not name. */
function strict(name: string, schema: Schema): Schema {
  return freer[name] ?? convert(schema);
}

function convert(schema: Schema): Schema {
  if (schema.$ref !== undefined) return { $ref: schema.$ref };
  const { type, required, enum: values, properties, items, additionalProperties } = schema;
  return {
    ...(type && { type }),
    ...(required && { required }),
    ...(values && { enum: values }),
    ...(items && { items: convert(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, convert(value)])),
    }),
    ...(typeof additionalProperties === "object" && { additionalProperties: convert(additionalProperties) }),
    ...(properties && additionalProperties === undefined && { additionalProperties: false }),
  };
}

/** Every definition that the schema leads to. */
function closure(schema: Schema, all: ReadonlyMap<string, Schema>): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const follow = (from: Schema) => {
    for (const name of references(from)) {
      const target = all.get(name);
      if (!target || found[name]) continue;
      found[name] = target;
      follow(target);
    }
  };
  follow(schema);
  return found;
}

function references(schema: Schema): string[] {
  if (schema.$ref !== undefined) return [schema.$ref.slice(prefix.length)];
  const { properties = {}, items, additionalProperties } = schema;
  const inner = [...Object.values(properties), items, additionalProperties];
  return inner.flatMap((one) => (typeof one === "object" ? references(one) : []));
}
