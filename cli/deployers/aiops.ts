/** The MCP server by kubectl, for the Helm deployer: the same objects as the Pulumi program's (components/aiops.ts). */
import { randomBytes } from "node:crypto";
import {
  type AiopsOptions,
  aiopsObjects,
  aiopsOptions,
  type ManifestObject,
  tokenSecretData,
  tokenSecretName,
} from "../../components/aiopsObjects.ts";
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

type Wanted = Pick<StackConfig, "aiops" | "namespace">;

/** Applies the objects where the stack asks for them, and else removes those that are there. @returns what was done, if anything. */
export async function reconcileAiops(config: Wanted, kubectl: Kubectl): Promise<string | undefined> {
  const options = aiopsOptions(config);
  if (!options) return (await removeAiops(config, kubectl)) ? "MCP server removed" : undefined;
  if (!(await present(kubectl, "secret", options.namespace)))
    await apply(kubectl, [tokenSecret(options.namespace)]);
  const objects = aiopsObjects(options);
  await apply(kubectl, objects);
  if (!options.remediation) await remove(kubectl, remediationObjects(options));
  const place = ["--namespace", options.namespace];
  const rollout = ["rollout", "status", "deployment/taskflow-mcp", ...place, "--timeout", "2m"];
  await succeed("rollout status", kubectl(rollout));
  return `MCP server ${options.remediation ? "with remediation" : "reading only"}`;
}

/** Removes the server and all that belongs to it, in and outside of the namespace. @returns was it there? */
export async function removeAiops(config: Wanted, kubectl: Kubectl): Promise<boolean> {
  if (!(await present(kubectl, "deployment", config.namespace))) return false;
  // All that there can be, remediation's as well; the image is of no matter here.
  const objects = aiopsObjects({ namespace: config.namespace, image: "any:1", remediation: true });
  await remove(kubectl, [...objects, tokenSecret(config.namespace)]);
  return true;
}

/** What applying would change, as `kubectl diff` shows it; empty when nothing, or when it is not asked for. */
export async function diffAiops(config: Wanted, kubectl: Kubectl): Promise<string> {
  const options = aiopsOptions(config);
  if (!options)
    return (await present(kubectl, "deployment", config.namespace)) ? "removed: the MCP server" : "";
  const args = ["diff", "--server-side", "--force-conflicts", "--field-manager=taskflow", "--filename", "-"];
  const result = await kubectl(args, list(aiopsObjects(options)));
  // 0: same, 1: differs, above: failed.
  if (result.exitCode === 0) return "";
  if (result.exitCode === 1) return result.stdout;
  throw new KubectlFailed("diff", result);
}

/** A token of this deployment alone. */
function tokenSecret(namespace: string): ManifestObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: tokenSecretName,
      namespace,
      labels: { "app.kubernetes.io/part-of": "taskflow" },
    },
    stringData: tokenSecretData(randomBytes(32).toString("base64url")),
  };
}

/** What is only there with remediation. */
function remediationObjects(options: AiopsOptions): ManifestObject[] {
  const key = ({ kind, metadata }: ManifestObject) => `${kind} ${metadata.name}`;
  const without = new Set(aiopsObjects({ ...options, remediation: false }).map(key));
  return aiopsObjects({ ...options, remediation: true }).filter((object) => !without.has(key(object)));
}

async function present(kubectl: Kubectl, kind: "deployment" | "secret", namespace: string): Promise<boolean> {
  const place = ["--namespace", namespace];
  const args = ["get", kind, "taskflow-mcp", ...place, "--ignore-not-found", "--output", "name"];
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
