/** Label selectors, also over labels of which only a part is known. */
import type { V1LabelSelector } from "@kubernetes/client-node";

export type Labels = Readonly<Record<string, string>>;

/** Undefined where it cannot be told, e.g. because a namespace's labels were not read. */
export type Truth = boolean | undefined;

/** Is each pair of a plain selector (a Service's, `matchLabels`) among the labels? */
export function hasAll(labels: Labels, pairs: Labels): boolean {
  return Object.entries(pairs).every(([key, value]) => labels[key] === value);
}

/**
 * Does a selector take an object with these labels? An empty selector takes everything.
 * @param partial may the object have more labels than those given?
 */
export function selects(selector: V1LabelSelector, labels: Labels, partial = false): Truth {
  const pairs = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    requirement({ key, operator: "In", values: [value] }, labels, partial),
  );
  const expressions = (selector.matchExpressions ?? []).map((one) => requirement(one, labels, partial));
  return both([...pairs, ...expressions]);
}

type Requirement = NonNullable<V1LabelSelector["matchExpressions"]>[number];

function requirement({ key, operator, values = [] }: Requirement, labels: Labels, partial: boolean): Truth {
  const value = labels[key];
  if (value === undefined && partial) return undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return undefined;
  }
}

/** True when all are; false as soon as one is. */
export function both(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(undefined) ? undefined : true;
}

/** True as soon as one is; false when all are. */
export function either(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.includes(undefined) ? undefined : false;
}

/** `{ app: "backend", tier: "api" }` -> `app=backend,tier=api` */
export function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
