/**
 * Reads YAML as kubectl-ai does: sigs.k8s.io/yaml turns it into JSON, and Go's encoding/json fills a struct from that.
 * A key goes to the field whose JSON name is the same, or the same but for case; without a json tag that name is the
 * Go field's own, whatever a yaml tag says. A key without a field is dropped in silence; a value of the wrong type
 * fails the whole file.
 */

export type GoType =
  | "string"
  | "int"
  | "bool"
  | { list: GoType }
  | { map: GoType }
  /** One entry a field, by its JSON name. */
  | { struct: Readonly<Record<string, GoType>> };

export interface GoReading {
  /** Paths of keys that no field takes. */
  dropped: string[];
  /** Values that the field's type does not take. */
  errors: string[];
}

export function readAsGo(type: GoType, value: unknown, path = ""): GoReading {
  const wrong = (wanted: string): GoReading => ({
    dropped: [],
    errors: [`${path || "."}: cannot unmarshal ${describe(value)} into ${wanted}`],
  });
  // JSON's null leaves any field as it is.
  if (value === null || value === undefined) return { dropped: [], errors: [] };
  if (type === "string") return typeof value === "string" ? fine : wrong("string");
  if (type === "bool") return typeof value === "boolean" ? fine : wrong("bool");
  if (type === "int") return Number.isInteger(value) ? fine : wrong("int");
  if ("list" in type) {
    if (!Array.isArray(value)) return wrong("list");
    return join(value.map((item, index) => readAsGo(type.list, item, `${path}[${index}]`)));
  }
  if (typeof value !== "object" || Array.isArray(value)) return wrong("map" in type ? "map" : "struct");
  const entries = Object.entries(value);
  if ("map" in type) return join(entries.map(([key, item]) => readAsGo(type.map, item, `${path}.${key}`)));
  const fields = new Map(Object.entries(type.struct).map(([name, field]) => [name.toLowerCase(), field]));
  return join(
    entries.map(([key, item]) => {
      const field = fields.get(key.toLowerCase());
      const at = path ? `${path}.${key}` : key;
      return field === undefined ? { dropped: [at], errors: [] } : readAsGo(field, item, at);
    }),
  );
}

const fine: GoReading = { dropped: [], errors: [] };

const join = (parts: GoReading[]): GoReading => ({
  dropped: parts.flatMap((part) => part.dropped),
  errors: parts.flatMap((part) => part.errors),
});

const describe = (value: unknown): string => (Array.isArray(value) ? "list" : typeof value);
