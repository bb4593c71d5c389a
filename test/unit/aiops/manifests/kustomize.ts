/** The folders of aiops/kagent/manifests, put together by kubectl as `kubectl apply -k` would. */
import { join } from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { repoRoot } from "../../../../local/paths.ts";
import { run } from "../../../../local/run.ts";
import { installedTool } from "../../../../local/toolchain/index.ts";

export const manifests = join(repoRoot, "aiops", "kagent", "manifests");
/** What can be applied: the folder itself and those below it that are no component. */
export const folders = ["", "remediation", "token-review", "kagent", "kmcp"] as const;

/** Without it these tests are skipped: it may take minutes to build. */
export const kubectl = (await installedTool("kubectl"))?.path;

/** @throws Error with what kustomize says. */
export async function build(folder: string): Promise<KubernetesObject[]> {
  const result = await run(kubectl as string, ["kustomize", join(manifests, folder)]);
  if (result.failed) throw new Error(result.all);
  return parseAllDocuments(result.stdout).map((document) => document.toJS() as KubernetesObject);
}

/** The only object of a kind, or the one of that name. */
export function find<T extends KubernetesObject>(
  objects: KubernetesObject[],
  kind: string,
  name?: string,
): T {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata?.name === name),
  );
  if (found.length !== 1) throw new Error(`${found.length} of ${kind} ${name ?? ""}`);
  return found[0] as T;
}
