/** A snapshot as one question needs it: the pods, Deployments and findings of the component that it names. */
import type { V1Deployment, V1Pod, V1Service } from "@kubernetes/client-node";
import { fact } from "../checks/finding.ts";
import { deploymentNameOf } from "../checks/history.ts";
import { livePods, ownerUid } from "../checks/pods.ts";
import { cleanLine } from "../checks/text.ts";
import type { Evidence, Finding, NotChecked, ObjectRef, Snapshot } from "../checks/types.ts";
import { codes } from "../codes/index.ts";
import type { Fact } from "./answer.ts";

export class View {
  readonly snapshot: Snapshot;
  readonly all: readonly Finding[];
  /** A component or an object's name; undefined where the question is about everything. */
  readonly component: string | undefined;

  readonly pods: readonly V1Pod[];
  readonly deployments: readonly V1Deployment[];
  private readonly podNames: ReadonlySet<string | undefined>;
  private readonly setNames: ReadonlySet<string | undefined>;

  constructor(snapshot: Snapshot, findings: readonly Finding[], component?: string) {
    this.snapshot = snapshot;
    this.all = findings;
    this.component = component;
    this.pods = livePods(snapshot).filter((pod) => this.has(pod.metadata));
    this.podNames = new Set(this.pods.map(({ metadata }) => metadata?.name));
    // A pod that is asked for by its own name brings its Deployment.
    const sets = new Set(this.pods.map(ownerUid));
    const owners = new Set(
      snapshot.replicaSets.filter(({ metadata }) => sets.has(metadata?.uid ?? "")).map(deploymentNameOf),
    );
    this.deployments = snapshot.deployments.filter(
      ({ metadata }) => this.has(metadata) || owners.has(metadata?.name),
    );
    const names = new Set(this.deployments.map(({ metadata }) => metadata?.name));
    this.setNames = new Set(
      snapshot.replicaSets
        .filter((set) => names.has(deploymentNameOf(set)))
        .map(({ metadata }) => metadata?.name),
    );
  }

  /** How the answer calls what it is about. */
  get about(): string {
    return this.component ?? `namespace ${this.snapshot.namespace}`;
  }

  /** Undefined where Services could not be read. */
  get services(): V1Service[] | undefined {
    return this.snapshot.around.services?.filter(
      (service) => this.has(service.metadata) || service.spec?.selector?.app === this.component,
    );
  }

  /** Findings about the component, and those that they follow from or that follow from them. */
  get findings(): Finding[] {
    if (this.component === undefined) return [...this.all];
    const own = this.all.filter((found) => this.concerns(found));
    return this.withCauses(own);
  }

  /** Findings whose title, cause or words have this in them. */
  findingsAbout(words: RegExp): Finding[] {
    const own = this.findings.filter(
      ({ code, what }) => words.test(codes[code].title) || words.test(codes[code].cause) || words.test(what),
    );
    return this.withCauses(own);
  }

  /** Of what could not be read, that which has these words. */
  gaps(words: RegExp): NotChecked[] {
    return this.snapshot.notChecked.filter(({ what }) => words.test(what));
  }

  private withCauses(own: readonly Finding[]): Finding[] {
    return this.all.filter(
      (found) =>
        own.includes(found) ||
        own.some(
          ({ causedBy }) => causedBy?.code === found.code && causedBy.object.name === found.object.name,
        ),
    );
  }

  private concerns({ code, object, affected, blastRadius = [] }: Finding): boolean {
    if (this.component === "database") return code.startsWith("TF14") || code === "TF1508";
    const named = [object, ...affected, ...blastRadius];
    return named.some((one) => this.concernsObject(one));
  }

  private concernsObject({ kind, name }: ObjectRef): boolean {
    if (name === this.component) return true;
    if (kind === "Pod") return this.podNames.has(name);
    if (kind === "ReplicaSet") return this.setNames.has(name);
    if (kind === "Service") return this.services?.some(({ metadata }) => metadata?.name === name) ?? false;
    return this.component !== undefined && name.startsWith(`${this.component}-`);
  }

  private has(metadata: { name?: string; labels?: Record<string, string> } | undefined): boolean {
    return this.component === undefined || belongs(metadata, this.component);
  }
}

/** By its `app` label, its name, or a name that begins with it. */
function belongs(
  metadata: { name?: string; labels?: Record<string, string> } | undefined,
  part: string,
): boolean {
  const { name = "", labels = {} } = metadata ?? {};
  return (
    labels.app === part ||
    labels["app.kubernetes.io/component"] === part ||
    name === part ||
    name.startsWith(`${part}-`)
  );
}

/** Is there anything of this name? */
export function knows(snapshot: Snapshot, part: string): boolean {
  const { services = [] } = snapshot.around;
  return [...snapshot.pods, ...snapshot.deployments, ...services].some(({ metadata }) =>
    belongs(metadata, part),
  );
}

/** The components of the namespace: the `app` labels of pods and the names of Deployments. */
export function partNames(snapshot: Snapshot): string[] {
  const names = [
    ...snapshot.deployments.map(({ metadata }) => metadata?.name),
    ...livePods(snapshot).map(({ metadata }) => metadata?.labels?.app),
  ];
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** A line of an answer from an object's status or spec; `excerpt` is the raw value that it rests on. */
export function said(
  source: Evidence["source"],
  object: Pick<ObjectRef, "kind" | "name" | "container">,
  text: string,
  excerpt = text,
): Fact {
  const { ref } = fact("status", { namespace: "", ...object }, "");
  return { text: cleanLine(text), evidence: { source, ref, excerpt: cleanLine(excerpt) } };
}

/** `3 pods`, `1 pod` */
export const count = (n: number, word: string, plural = `${word}s`): string =>
  `${n} ${n === 1 ? word : plural}`;

/** `a, b and c` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
