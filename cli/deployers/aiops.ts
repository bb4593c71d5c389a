/** The MCP server by kubectl, for the Helm deployer: the same objects as the Pulumi program's (components/aiops.ts). */
import { randomBytes } from "node:crypto";
import {
  type AiopsOptions,
  aiopsObjects,
  aiopsOptions,
  approvalSecretData,
  approvalSecretName,
  type ManifestObject,
  tokenSecretData,
  tokenSecretName,
} from "../../components/aiopsObjects.ts";
import type { ImageRef } from "../../components/chartValues.ts";
import type { StackConfig } from "../../components/stackConfig.ts";
import type { RunResult } from "../../local/run.ts";

/** kubectl on this cluster, with text for its standard input. No namespace: it would refuse objects of another one. */
export type Kubectl = (args: string[], input?: string) => Promise<RunResult>;

/** A kubectl that failed; the deployer says it in its own words. */
export class KubectlFailed extends Error {
  readonly verb: string;
  readonly result: RunResult;
  constructor(verb: string, result: RunResult) {
    super(`kubectl ${verb} failed`);
    this.verb = verb;
    this.result = result;
  }
}

export interface Wanted {
  config: Pick<StackConfig, "aiops" | "namespace">;
  /** This repo's image of the server, where the stack runs that one. */
  image?: ImageRef | undefined;
}

/** Applies the objects where the stack asks for them, and else removes those that are there. @returns what was done, if anything. */
export async function reconcileAiops(
  { config, image }: Wanted,
  kubectl: Kubectl,
): Promise<string | undefined> {
  const options = aiopsOptions(config, image);
  if (!options) return (await removeAiops({ config }, kubectl)) ? "MCP server removed" : undefined;
  for (const secret of secrets(options))
    if (!(await present(kubectl, "secret", secret.metadata.name, options.namespace)))
      await apply(kubectl, [secret]);
  const objects = aiopsObjects(options);
  await apply(kubectl, objects);
  if (!options.remediation) await remove(kubectl, remediationObjects(options));
  const place = ["--namespace", options.namespace];
  const rollout = ["rollout", "status", "deployment/taskflow-mcp", ...place, "--timeout", "2m"];
  await succeed("rollout status", kubectl(rollout));
  return `MCP server ${options.remediation ? "with remediation" : "reading only"}`;
}

/** Removes the server and all that belongs to it, in and outside of the namespace. @returns was it there? */
export async function removeAiops(
  { config: { namespace } }: Pick<Wanted, "config">,
  kubectl: Kubectl,
): Promise<boolean> {
  if (!(await present(kubectl, "deployment", "taskflow-mcp", namespace))) return false;
  // All that there can be, remediation's as well; the image is of no matter here.
  const all = { namespace, image: "any:1", remediation: true };
  await remove(kubectl, [...aiopsObjects(all), ...secrets(all)]);
  return true;
}

/** What applying would change, as `kubectl diff` shows it; empty when nothing, or when it is not asked for. */
export async function diffAiops({ config, image }: Wanted, kubectl: Kubectl): Promise<string> {
  const options = aiopsOptions(config, image);
  if (!options) {
    const there = await present(kubectl, "deployment", "taskflow-mcp", config.namespace);
    return there ? "removed: the MCP server" : "";
  }
  const args = ["diff", "--server-side", "--force-conflicts", "--field-manager=taskflow", "--filename", "-"];
  const result = await kubectl(args, list(aiopsObjects(options)));
  // 0: same, 1: differs, above: failed.
  if (result.exitCode === 0) return "";
  if (result.exitCode === 1) return result.stdout;
  throw new KubectlFailed("diff", result);
}

/** The Secrets with new values, of this deployment alone: they are in the cluster and nowhere else. */
function secrets({ namespace, remediation }: AiopsOptions): ManifestObject[] {
  const secret = (name: string, stringData: Record<string, string>): ManifestObject => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels: { "app.kubernetes.io/part-of": "taskflow" } },
    stringData,
  });
  const token = secret(tokenSecretName, tokenSecretData(randomBytes(32).toString("base64url")));
  const key = secret(approvalSecretName, approvalSecretData(randomBytes(32).toString("base64")));
  return remediation ? [token, key] : [token];
}

/** What is only there with remediation. */
function remediationObjects(options: AiopsOptions): ManifestObject[] {
  const key = ({ kind, metadata }: ManifestObject) => `${kind} ${metadata.name}`;
  const objects = (remediation: boolean) => {
    const all = { ...options, remediation };
    return [...aiopsObjects(all), ...secrets(all)];
  };
  const without = new Set(objects(false).map(key));
  return objects(true).filter((object) => !without.has(key(object)));
}

async function present(
  kubectl: Kubectl,
  kind: "deployment" | "secret",
  name: string,
  namespace: string,
): Promise<boolean> {
  const place = ["--namespace", namespace];
  const args = ["get", kind, name, ...place, "--ignore-not-found", "--output", "name"];
  return (await succeed(`get ${kind}`, kubectl(args))).stdout.trim() !== "";
}

async function apply(kubectl: Kubectl, objects: ManifestObject[]): Promise<void> {
  const args = ["apply", "--server-side", "--force-conflicts", "--field-manager=taskflow", "--filename", "-"];
  await succeed("apply", kubectl(args, list(objects)));
}

async function remove(kubectl: Kubectl, objects: ManifestObject[]): Promise<void> {
  const args = ["delete", "--ignore-not-found", "--timeout", "2m", "--filename", "-"];
  await succeed("delete", kubectl(args, list(objects)));
}

const list = (items: ManifestObject[]): string => JSON.stringify({ apiVersion: "v1", kind: "List", items });

async function succeed(verb: string, running: Promise<RunResult>): Promise<RunResult> {
  const result = await running;
  if (result.failed) throw new KubectlFailed(verb, result);
  return result;
}
