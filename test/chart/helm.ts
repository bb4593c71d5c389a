/** Renders the chart with the real Helm and finds objects in what comes out. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  V1ConfigMap,
  V1Deployment,
  V1Pod,
  V1PodSpec,
  V1Secret,
  V1Service,
} from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { repoRoot } from "../../local/paths.ts";
import { type RunResult, run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";

export const chart = join(repoRoot, "charts", "todo-app");
export const components = ["frontend", "backend"] as const;
export type Component = (typeof components)[number];

/** Values files that must always render: the chart's own, and one that switches everything on. */
export const valuesFiles = {
  default: join(chart, "values.yaml"),
  dev: join(chart, "values-dev.yaml"),
  prod: join(chart, "values-prod.yaml"),
  everything: join(import.meta.dirname, "values-everything.yaml"),
} as const;
export type ValuesName = keyof typeof valuesFiles;

export interface RenderOptions {
  /** Base of the values; without it, the chart's defaults. */
  base?: ValuesName;
  /** Values on top. */
  values?: object;
  /** Kubernetes version that the chart is told of. */
  kubeVersion?: string;
  helm?: "helm3" | "helm4";
}

/** What every object has, as far as the tests ask. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

interface Kinds {
  ConfigMap: V1ConfigMap;
  Deployment: V1Deployment;
  Pod: V1Pod;
  Secret: V1Secret;
  Service: V1Service;
}

/** The rendered objects, hooks included. */
export class Rendered {
  readonly text: string;
  readonly objects: readonly KubernetesObject[];

  constructor(text: string) {
    this.text = text;
    this.objects = parseAllDocuments(text)
      .map((document) => document.toJS() as KubernetesObject | null)
      .filter((object) => object !== null);
  }

  /** The object of this kind and name; throws when it is not there. */
  get<K extends string>(
    kind: K,
    name: string,
  ): K extends keyof Kinds ? Kinds[K] : KubernetesObject & { spec: unknown } {
    const found = this.objects.filter((object) => object.kind === kind && object.metadata.name === name);
    if (found.length !== 1) throw new Error(`${found.length} objects are ${kind}/${name}, in place of 1`);
    return found[0] as never;
  }

  /** `Kind/name` of every object, sorted. */
  names(): string[] {
    return this.objects.map((object) => `${object.kind}/${object.metadata.name}`).sort();
  }

  podSpec(component: Component): V1PodSpec {
    const spec = this.get("Deployment", component).spec?.template.spec;
    if (!spec) throw new Error(`Deployment/${component} has no pod template`);
    return spec;
  }

  podAnnotations(component: Component): Record<string, string> {
    return this.get("Deployment", component).spec?.template.metadata?.annotations ?? {};
  }

  /** The service's own container, not its migration. */
  container(component: Component) {
    const container = this.podSpec(component).containers.find(({ name }) => name === component);
    if (!container) throw new Error(`Deployment/${component} has no container of that name`);
    return container;
  }
}

/** `helm template`, failed or not. */
export async function template(options: RenderOptions = {}): Promise<RunResult> {
  return withValues(options, async (args) =>
    run((await tool(options.helm ?? "helm4")).path, [
      ...["template", "todo-local", chart, "--namespace", "todo-app"],
      ...["--kube-version", options.kubeVersion ?? "1.34.0"],
      ...args,
    ]),
  );
}

/** `helm template` that must succeed. */
export async function render(options: RenderOptions = {}): Promise<Rendered> {
  const result = await template(options);
  if (result.failed) throw new Error(result.all);
  return new Rendered(result.stdout);
}

/** `helm template` that must fail; returns what it says. */
export async function refusal(options: RenderOptions): Promise<string> {
  const result = await template(options);
  if (!result.failed) throw new Error("the chart rendered, but should have been refused");
  return result.stderr;
}

/** Hands `use` the --values arguments of the options. */
export async function withValues<T>(
  { base, values }: RenderOptions,
  use: (args: string[]) => Promise<T>,
): Promise<T> {
  const args = base ? ["--values", valuesFiles[base]] : [];
  if (!values) return use(args);
  const directory = await mkdtemp(join(tmpdir(), "taskflow-chart-"));
  try {
    const file = join(directory, "values.json");
    await writeFile(file, JSON.stringify(values));
    return await use([...args, "--values", file]);
  } finally {
    await rm(directory, { recursive: true });
  }
}
