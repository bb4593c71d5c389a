/** Where `npm run approve` finds the key that the MCP server has too. */
import { join } from "node:path";
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import { approvalKey, approvalKeyOf } from "../aiops/kagent/plans/index.ts";
import { approvalSecretEntry, approvalSecretName } from "../components/aiopsObjects.ts";
import type { StackConfig } from "../components/stackConfig.ts";
import { stateDir } from "../local/paths.ts";
import { lastLines, type RunResult } from "../local/run.ts";

/** For a server that runs on this machine, which is given the file as TASKFLOW_MCP_APPROVAL_KEY_FILE. */
export const approvalKeyFile = join(stateDir, "aiops", "approval.key");

export interface FoundKey {
  key: Buffer;
  /** For people. */
  from: string;
}

/**
 * The configuration says which server plans come from: where `up` puts one into the cluster that may carry them out, the
 * key is in the Secret that `up` made beside it, readable for those who may read Secrets there, which no agent may. Else
 * it is this checkout's file, made at its first use.
 * @param kubectl on the stack's cluster and namespace.
 * @throws TaskFlowError TF1713.
 */
export async function approvalKeyFor(
  { aiops, namespace }: Pick<StackConfig, "aiops" | "namespace">,
  kubectl: (args: string[]) => Promise<RunResult>,
): Promise<FoundKey> {
  if (!aiops?.enabled || !aiops.remediation)
    return { key: await approvalKey(approvalKeyFile), from: approvalKeyFile };
  const from = `Secret ${approvalSecretName} in namespace ${namespace}`;
  const found = await kubectl(["get", "secret", approvalSecretName, "--output", "json"]);
  if (found.failed) {
    throw new TaskFlowError("TF1713", {
      what: `the server's approval key cannot be read: ${from}`,
      detail: lastLines(found.all),
      fix: ["npm run up", `kubectl --namespace ${namespace} auth can-i get secret/${approvalSecretName}`],
    });
  }
  const { data } = JSON.parse(found.stdout) as { data?: Record<string, string> };
  const text = Buffer.from(data?.[approvalSecretEntry] ?? "", "base64").toString();
  return { key: approvalKeyOf(text, from), from };
}
