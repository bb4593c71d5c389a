/** The MCP server's account, with the rights of its own manifests, and what the API server says that it changed. */
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { type Api, clients } from "../../../aiops/kagent/checks/api.ts";
import { containerName } from "../../../local/clusters/embedded/container.ts";
import { chooseCluster } from "../../../local/clusters/index.ts";
import { dockerOrFail } from "../../../local/docker.ts";
import { repoRoot } from "../../../local/paths.ts";
import { run } from "../../../local/run.ts";
import { kubectl, kubectlCommand } from "../../support/cluster.ts";

const name = "taskflow-mcp";
const user = `system:serviceaccount:todo-app:${name}`;
/** Of the whole set only accounts and rights; the server itself is not started. */
const kinds = /^kind: (ServiceAccount|Role|RoleBinding|ClusterRole|ClusterRoleBinding)$/m;

async function withManifests(verb: "apply" | "delete"): Promise<void> {
  const set = await kubectl("kustomize", join(repoRoot, "aiops/kagent/manifests/remediation"));
  const rights = set.split(/^---$/m).filter((text) => kinds.test(text));
  const [program, args] = await kubectlCommand(verb, "--filename", "-");
  // Each object says its own namespace; one is in kube-system.
  const anywhere = args.filter((arg, index) => arg !== "--namespace" && args[index - 1] !== "--namespace");
  const result = await run(program, anywhere, { input: rights.join("\n---\n") });
  if (result.failed) throw new Error(`kubectl ${verb}: ${result.all}`);
}

/** Makes the account, and clients that speak as it. */
export async function serverAccount(): Promise<{ api: Api; remove: () => Promise<void> }> {
  await withManifests("apply");
  const token = (await kubectl("create", "token", name, "--duration=6h")).trim();
  const { kubeconfig, context } = await (await chooseCluster("embedded")).kubeconfig();
  const admin = new KubeConfig();
  admin.loadFromFile(kubeconfig);
  admin.setCurrentContext(context);
  const cluster = admin.getCurrentCluster();
  if (!cluster) throw new Error(`${kubeconfig} has no cluster for ${context}`);
  const config = new KubeConfig();
  config.loadFromClusterAndUser(cluster, { name, token });
  return { api: clients(config), remove: () => withManifests("delete") };
}

interface Entry {
  verb: string;
  requestURI: string;
  user: { username: string };
  objectRef?: { resource: string; namespace?: string };
  responseStatus?: { code: number };
}

/** What plans may touch, as the API server names it. */
const allowed = new Set([
  "patch deployments",
  "patch services",
  "create networkpolicies",
  "delete networkpolicies",
]);

export interface Changes {
  /** Changes that the account made. */
  made: number;
  /** Those in another namespace, or of another kind than plans are for. */
  outside: string[];
}

/** From the API server's own audit log; dry runs and refusals change nothing. */
export async function auditedChanges(): Promise<Changes> {
  const log = await dockerOrFail(["exec", containerName, "cat", "/var/lib/taskflow/audit.log"]);
  const entries = log.stdout
    .split("\n")
    .filter((line) => line.includes(user))
    .map((line) => JSON.parse(line) as Entry)
    .filter(({ user: { username }, requestURI, responseStatus }) => {
      const refused = (responseStatus?.code ?? 500) >= 400;
      return username === user && !refused && !/[?&]dryRun=All/.test(requestURI);
    });
  const outside = entries
    .filter(
      ({ verb, objectRef }) =>
        objectRef?.namespace !== "todo-app" || !allowed.has(`${verb} ${objectRef?.resource}`),
    )
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
  return { made: entries.length, outside };
}
