/** Asking a cluster's API through kubectl: is it there, is it new enough, are its nodes ready? */
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, type RunResult, run } from "../run.ts";
import { tool } from "../toolchain/index.ts";
import { compareVersions, versionIn } from "../toolchain/specs.ts";
import type { KubeAccess } from "./types.ts";

const oldestKubernetes = "1.28.0";

async function kubectl(access: KubeAccess, args: string[]): Promise<RunResult> {
  const { path } = await tool("kubectl");
  return run(path, ["--kubeconfig", access.kubeconfig, "--context", access.context, ...args]);
}

/** Does the API say that it serves? Waits two seconds at most. */
export async function apiServes(access: KubeAccess): Promise<boolean> {
  return !(await kubectl(access, ["get", "--raw", "/readyz", "--request-timeout=2s"])).failed;
}

/**
 * Waits until the API serves, is new enough and every node is Ready.
 * @throws TaskFlowError TF1301 (no answer), TF1307 (refused), TF1304 (too old), TF1306 (nodes not ready in two minutes).
 */
export async function requireReady(access: KubeAccess): Promise<void> {
  const shown = await kubectl(access, ["version", "--output=json", "--request-timeout=10s"]);
  const server = shown.failed ? undefined : serverVersion(shown.stdout);
  if (!server) {
    const refused = /Unauthorized|Forbidden|must be logged in|forbidden/.test(shown.all);
    throw new TaskFlowError(refused ? "TF1307" : "TF1301", {
      what: `context ${access.context} ${refused ? "does not accept its credentials" : "does not answer"}`,
      detail: lastLines(shown.stderr, 4),
      values: { context: access.context, namespace: "default" },
    });
  }
  if (compareVersions(server, oldestKubernetes) < 0) {
    throw new TaskFlowError("TF1304", { what: `context ${access.context} runs Kubernetes ${server}` });
  }
  const waited = await kubectl(access, ["wait", "--for=condition=Ready", "node", "--all", "--timeout=120s"]);
  if (waited.failed) {
    throw new TaskFlowError("TF1306", {
      what: `not every node of context ${access.context} became Ready in two minutes`,
      detail: lastLines(waited.all),
    });
  }
}

function serverVersion(json: string): string | undefined {
  const { serverVersion } = JSON.parse(json) as { serverVersion?: { gitVersion: string } };
  return serverVersion && versionIn(serverVersion.gitVersion);
}

/** `docker://28.1.1`, `containerd://2.1.4`: the container runtime of the first node. */
export async function containerRuntime(access: KubeAccess): Promise<string> {
  const path = "jsonpath={.items[0].status.nodeInfo.containerRuntimeVersion}";
  return (await kubectl(access, ["get", "nodes", "--output", path, "--request-timeout=5s"])).stdout;
}
