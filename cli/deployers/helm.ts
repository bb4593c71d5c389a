/** Deploys with plain Helm: the same images, the same chart values and the same Secrets as the Pulumi program. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { ensureImage } from "../../components/builtImage.ts";
import {
  type AppComponent,
  components,
  type ImageRef,
  releaseName,
  secretNames,
} from "../../components/chartValues.ts";
import type { ImageName } from "../../components/imageBuild.ts";
import { deliver } from "../../components/imageDelivery.ts";
import { imagesIn } from "../../components/releaseContent.ts";
import { sourceHash } from "../../components/sourceHash.ts";
import { dockerOrFail, imageId } from "../../local/docker.ts";
import { repoRoot, stateDir } from "../../local/paths.ts";
import { lastLines, type Report, type RunResult, run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import { deployments, isDamaged } from "../records.ts";
import { plainSecrets, type Stack } from "../stackFile.ts";
import type { Step } from "../ui/steps.ts";
import { diffAiops, type Kubectl, KubectlFailed, reconcileAiops, removeAiops, type Wanted } from "./aiops.ts";
import { rolloutStep } from "./rollout.ts";
import type { CurrentTarget, Deployer, Place, Target } from "./types.ts";

const fieldManager = "helm";
const chartOf = ({ release }: Target) => join(repoRoot, release.chart);

export function helmDeployer(): Deployer {
  return {
    name: "helm",
    up: (target) => [
      buildStep(target, "frontend"),
      buildStep(target, "backend"),
      buildStep(target, "kagent"),
      {
        title: "Deliver the images to the node",
        run: async (report) => deliverImages(target(), report),
      },
      {
        title: "Namespace and Secrets",
        run: async (report) => {
          // At its first use kubectl may have to be fetched or built; that takes long and shows here.
          await tool("kubectl", report);
          await applySecrets(target());
        },
      },
      deployStep(target),
      rolloutStep(target),
    ],
    rollback: (target) => [deployStep(target), rolloutStep(target)],
    async preview(target, report) {
      if (!(await namespaceExists(target))) {
        return `everything is new: namespace ${target.stack.config.namespace}, Secrets, release ${releaseName}`;
      }
      const wanted = await rendered(target);
      const removed = (await outgoing(target, wanted)).map((object) => `removed: ${object}`);
      const server = await withAiops(target, target.release.images.kagent, diffAiops);
      return [...removed, await diff(target, wanted, report), server].filter(Boolean).join("\n");
    },
    async drift(target, report) {
      const manifest = await helm(target, ["get", "manifest", releaseName]);
      if (!manifest.failed) {
        const app = await diff(target, manifest.stdout, report);
        const server = await withAiops(target, await lastServerImage(target), diffAiops);
        return [app, server].filter(Boolean).join("\n");
      }
      if (/release: not found/.test(manifest.all)) return "";
      throw failure(target, "get manifest", manifest);
    },
    async destroy(target, _report) {
      const { namespace } = target.stack.config;
      const gone = await helm(target, [
        "uninstall",
        releaseName,
        "--ignore-not-found",
        "--wait",
        "--timeout",
        "2m",
      ]);
      if (gone.failed) throw failure(target, "uninstall", gone);
      // Some of it lies outside of the namespace.
      await withAiops(target, undefined, removeAiops);
      const removed = await kubectl(target, [
        "delete",
        "namespace",
        namespace,
        "--ignore-not-found",
        "--timeout",
        "2m",
      ]);
      if (removed.failed) throw failure(target, "delete namespace", removed);
    },
    // A release lives in the cluster alone.
    async forget() {},
  };
}

function deployStep(target: () => Target): Step {
  return {
    title: "Deploy with Helm",
    run: async (report, { signal }) => {
      await tool("helm", report);
      const release = await upgrade(target(), report, signal);
      const server = await withAiops(target(), target().release.images.kagent, reconcileAiops);
      return [release, server].filter(Boolean).join("; ");
    },
  };
}

function buildStep(target: () => CurrentTarget, name: ImageName): Step {
  return {
    title: `Build the ${name} image`,
    skip: () => (target().release.images[name] ? undefined : "the stack does not run it"),
    run: async (report, { signal }) => {
      const { ref, built } = await ensureImage(target().specs[name], { report, cancelSignal: signal });
      return built ? ref : `${ref} is built already`;
    },
  };
}

async function deliverImages(target: CurrentTarget, report: Report): Promise<void> {
  const { keepImages: keep, registry } = target.stack.config;
  for (const { repository, tag } of imagesIn(target.release.images).map((name) => target.specs[name])) {
    const id = await imageId(`${repository}:${tag}`);
    if (!id) {
      throw new TaskFlowError("TF1201", {
        what: `${repository}:${tag} is not in the Docker daemon after its build`,
      });
    }
    if (registry) await push({ repository, tag }, registry, report);
    else await deliver({ cluster: target.prepared.choice, repository, tag, imageId: id, keep }, report);
  }
}

async function push(image: ImageRef, registry: string, report: Report): Promise<void> {
  const local = `${image.repository}:${image.tag}`;
  const remote = `${registry}/${local}`;
  await dockerOrFail(["tag", local, remote]);
  await dockerOrFail(["push", remote], { what: `pushing ${remote}`, report });
}

/** The chart's values, written where a person can read them; they hold no secret. */
async function valuesFile({ stack, release }: Target): Promise<string> {
  const file = join(stateDir, stack.name, "values.json");
  await mkdir(join(stateDir, stack.name), { recursive: true });
  await writeFile(file, `${JSON.stringify(release.values, null, 2)}\n`);
  return file;
}

/** The values files of a release, the later ones winning; writes the one that the stack makes. */
export async function valueFiles(target: Target): Promise<string[]> {
  return [join(chartOf(target), `values-${target.stack.config.environment}.yaml`), await valuesFile(target)];
}

async function valuesArgs(target: Target): Promise<string[]> {
  return (await valueFiles(target)).flatMap((file) => ["--values", file]);
}

async function rendered(target: Target): Promise<string> {
  const result = await helm(target, [
    "template",
    releaseName,
    chartOf(target),
    "--no-hooks",
    ...(await valuesArgs(target)),
  ]);
  if (result.failed) throw failure(target, "template", result);
  return result.stdout;
}

async function upgrade(target: Target, report: Report, signal: AbortSignal): Promise<string> {
  const args = await valuesArgs(target);
  const wanted = await rendered(target);
  const status = await releaseStatus(target);
  if (status?.status.startsWith("pending-")) await recover(target, status.status, report);
  // A release that says what the chart says, on a cluster that is as the release says: nothing to do.
  if (
    status?.status === "deployed" &&
    (await outgoing(target, wanted)).length === 0 &&
    (await diff(target, wanted, report)) === ""
  ) {
    return "no change";
  }
  const result = await run(
    (await tool("helm")).path,
    [
      ...[
        "upgrade",
        "--install",
        releaseName,
        chartOf(target),
        "--history-max",
        "10",
        "--description",
        `chart ${sourceHash(target.release.chart)}`,
      ],
      ...args,
      ...helmAccess(target),
    ],
    { report, cancelSignal: signal },
  );
  signal.throwIfAborted();
  if (result.failed) throw failure(target, "upgrade", result);
  return `revision ${(await releaseStatus(target))?.version ?? "?"}`;
}

/** A Helm that was killed leaves its release pending, and every later upgrade would be refused. */
async function recover(target: Target, status: string, report: Report): Promise<void> {
  report(`the last Helm run was ended half-way (${status}); taking it back first`);
  const result =
    status === "pending-install"
      ? await helm(target, ["uninstall", releaseName])
      : await helm(target, ["rollback", releaseName]);
  if (result.failed) {
    throw new TaskFlowError("TF1607", {
      what: `release ${releaseName} is ${status}`,
      detail: lastLines(result.all),
      values: { release: releaseName, namespace: target.stack.config.namespace },
    });
  }
}

async function releaseStatus(target: Target): Promise<{ status: string; version: number } | undefined> {
  const result = await helm(target, ["status", releaseName, "--output", "json"]);
  if (result.failed) {
    if (/release: not found/.test(result.all)) return undefined;
    throw failure(target, "status", result);
  }
  const release = JSON.parse(result.stdout);
  return { status: release.info.status, version: release.version };
}

/** What the release has and the chart no longer renders, e.g. an Ingress that was switched off; a diff can't show it. */
async function outgoing(target: Target, wanted: string): Promise<string[]> {
  const manifest = await helm(target, ["get", "manifest", releaseName]);
  if (!manifest.failed) return missingFrom(wanted, manifest.stdout);
  if (/release: not found/.test(manifest.all)) return [];
  throw failure(target, "get manifest", manifest);
}

/** `Kind/name` of each object of the manifest `before` that is not in `after`, in order. Pure. */
export function missingFrom(after: string, before: string): string[] {
  const names = (manifest: string) =>
    parseAllDocuments(manifest)
      .map((document) => document.toJS() as { kind: string; metadata: { name: string } } | null)
      .filter((object) => object !== null)
      .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  const still = new Set(names(after));
  return names(before).filter((name) => !still.has(name));
}

/** What applying the manifest would change, field by field; empty when nothing. Secrets' values are masked. */
async function diff(target: Target, manifest: string, report: Report): Promise<string> {
  report("comparing with the cluster");
  const result = await kubectl(
    target,
    ["diff", "--server-side", "--force-conflicts", `--field-manager=${fieldManager}`, "--filename", "-"],
    manifest,
  );
  // 0: same, 1: differs, above: failed.
  if (result.exitCode === 0) return "";
  if (result.exitCode === 1) return result.stdout;
  throw failure(target, "diff", result);
}

/** Applies the namespace and the two Secrets, whose values come from the stack or are generated once. */
async function applySecrets(target: Target): Promise<void> {
  const { stack, prepared } = target;
  const secrets = plainSecrets(stack);
  const items = baseObjects(stack.config.namespace, {
    databaseUrl: secrets.databaseUrl ?? prepared.database.url,
    betterAuthSecret: secrets.betterAuthSecret ?? (await generatedSecret(stack)),
    ...(secrets.openaiApiKey ? { openaiApiKey: secrets.openaiApiKey } : {}),
  });
  const result = await kubectl(
    target,
    ["apply", "--server-side", "--force-conflicts", "--field-manager=taskflow", "--filename", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  );
  if (result.failed) throw failure(target, "apply", result);
}

interface BaseObject {
  apiVersion: "v1";
  kind: "Namespace" | "Secret";
  metadata: { name: string; namespace?: string; labels: Record<string, string> };
  data?: Record<string, string>;
}

/** What is not the chart's: the namespace and the two Secrets, as the Pulumi program makes them too. Pure. */
export function baseObjects(
  namespace: string,
  secrets: { databaseUrl: string; betterAuthSecret: string; openaiApiKey?: string },
): BaseObject[] {
  const shared = { DATABASE_URL: secrets.databaseUrl, BETTER_AUTH_SECRET: secrets.betterAuthSecret };
  const values: Record<AppComponent, Record<string, string>> = {
    frontend: shared,
    backend: { ...shared, ...(secrets.openaiApiKey ? { OPENAI_API_KEY: secrets.openaiApiKey } : {}) },
  };
  const labels = { "app.kubernetes.io/part-of": "taskflow" };
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: namespace,
        labels: { ...labels, "pod-security.kubernetes.io/enforce": "restricted" },
      },
    },
    ...components.map((component) => ({
      apiVersion: "v1" as const,
      kind: "Secret" as const,
      metadata: { name: secretNames[component], namespace, labels: { ...labels, app: component } },
      // Not stringData: a key that is left out of it would stay in the Secret.
      data: Object.fromEntries(
        Object.entries(values[component]).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
      ),
    })),
  ];
}

/** The auth secret of this checkout, made at its first use; sessions survive `destroy` and `up`. */
async function generatedSecret(stack: Stack): Promise<string> {
  const file = join(stateDir, stack.name, "better-auth-secret");
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const secret = randomBytes(36).toString("base64url");
  await mkdir(join(stateDir, stack.name), { recursive: true });
  await writeFile(file, secret, { mode: 0o600, flag: "wx" });
  await chmod(file, 0o600);
  return secret;
}

const helmAccess = ({ stack, prepared }: Place): string[] => [
  "--namespace",
  stack.config.namespace,
  "--kubeconfig",
  prepared.access.kubeconfig,
  "--kube-context",
  prepared.access.context,
];

async function helm(target: Place, args: string[]): Promise<RunResult> {
  return run((await tool("helm")).path, [...args, ...helmAccess(target)]);
}

/** kubectl on the cluster, in no namespace. */
async function kubectlAnywhere(target: Place, args: string[], input?: string): Promise<RunResult> {
  const { kubeconfig, context } = target.prepared.access;
  return run(
    (await tool("kubectl")).path,
    [...args, "--kubeconfig", kubeconfig, "--context", context],
    input === undefined ? {} : { input },
  );
}

async function kubectl(target: Place, args: string[], input?: string): Promise<RunResult> {
  return kubectlAnywhere(target, [...args, "--namespace", target.stack.config.namespace], input);
}

/** This repo's image of the MCP server as it was deployed last: what the checkout says since then is no drift. */
async function lastServerImage({ stack }: Place): Promise<ImageRef | undefined> {
  for (const one of await deployments(stack.name)) if (!isDamaged(one)) return one.images.kagent;
  return undefined;
}

/** What cli/deployers/aiops.ts does, on this stack's cluster. @throws TaskFlowError TF1602. */
async function withAiops<Result>(
  target: Place,
  image: ImageRef | undefined,
  work: (wanted: Wanted, kubectl: Kubectl) => Promise<Result>,
): Promise<Result> {
  try {
    return await work({ config: target.stack.config, image }, (args, input) =>
      kubectlAnywhere(target, args, input),
    );
  } catch (error) {
    if (error instanceof KubectlFailed) throw failure(target, error.verb, error.result);
    throw error;
  }
}

async function namespaceExists(target: Target): Promise<boolean> {
  const result = await kubectl(target, [
    "get",
    "namespace",
    target.stack.config.namespace,
    "--ignore-not-found",
    "--output",
    "name",
  ]);
  if (result.failed) throw failure(target, "get namespace", result);
  return result.stdout !== "";
}

function failure(target: Place, verb: string, result: RunResult): TaskFlowError {
  return new TaskFlowError("TF1602", {
    what: `${verb} ended with exit code ${result.exitCode}`,
    detail: lastLines(result.all),
    values: { release: releaseName, namespace: target.stack.config.namespace },
  });
}
