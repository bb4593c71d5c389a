/** The manifests of the MCP server: they fit together, they run restricted, and its rights are what it uses. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type {
  KubernetesObject,
  V1Deployment,
  V1NetworkPolicy,
  V1Role,
  V1Service,
} from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { clients } from "../../../../aiops/kagent/checks/api.ts";
import { survey } from "../../../../aiops/kagent/checks/survey.ts";
import { repoRoot } from "../../../../local/paths.ts";
import { restrictedBreaches } from "../../../chart/podSecurity.ts";
import { apiServer, core, list } from "../../../support/apiServer.ts";
import { planTools, readingTools } from "../kubectl-ai/tools.ts";
import { namespace, pod, terminated, waiting } from "../support.ts";
import { build, find, folders, kubectl } from "./kustomize.ts";
import { type ApiRequest, allows, grants, requestOf } from "./rbac.ts";

/** Every request that a whole survey makes, of an API server that has one crashing pod. */
async function surveyed(): Promise<ApiRequest[]> {
  const server = await apiServer();
  const crashing = pod({
    containers: [{ name: "backend", state: waiting("CrashLoopBackOff"), lastState: terminated(1) }],
  });
  server.answers[`${core}/pods`] = list([crashing]);
  await survey(clients(server.config), namespace);
  await server.close();
  return server.requests.map(({ method, path }) => requestOf(method, path));
}

describe.skipIf(!kubectl)("put together by kubectl", () => {
  test.each(folders)("aiops/kagent/manifests/%s", async (folder) => {
    const objects = await build(folder);
    expect(objects.length).toBeGreaterThan(2);
    for (const { kind, metadata } of objects) {
      const clusterWide = kind?.startsWith("ClusterRole");
      const elsewhere = metadata?.name?.includes("cluster-dns");
      expect(metadata?.namespace).toBe(clusterWide ? undefined : elsewhere ? "kube-system" : "todo-app");
      expect(metadata?.labels).toMatchObject({ "app.kubernetes.io/part-of": "taskflow" });
      // A secret in a manifest would be one that everybody has.
      expect(kind).not.toBe("Secret");
    }
  });

  test("the pod is restricted, has its probes, and asks for its token itself", async () => {
    const { spec } = find<V1Deployment>(await build(""), "Deployment");
    const podSpec = spec?.template.spec;
    expect(restrictedBreaches(podSpec as never)).toEqual([]);
    expect(podSpec).toMatchObject({ automountServiceAccountToken: true, enableServiceLinks: false });
    expect(podSpec?.securityContext).toMatchObject({ runAsUser: 65532, runAsGroup: 65532 });
    const [container] = podSpec?.containers ?? [];
    expect(container?.image).toBe("todo-kagent:local");
    expect(container?.securityContext?.readOnlyRootFilesystem).toBe(true);
    expect(container?.resources?.limits).toHaveProperty("memory");
    expect(container?.livenessProbe?.httpGet).toMatchObject({ path: "/healthz", port: "mcp" });
    expect(container?.readinessProbe?.httpGet).toMatchObject({ path: "/readyz", port: "mcp" });
  });

  test("Deployment, Service, policy and kagent's objects speak of the same port, labels and names", async () => {
    const objects = [...(await build("")), ...(await build("kagent"))];
    const deployment = find<V1Deployment>(objects, "Deployment");
    const service = find<V1Service>(objects, "Service");
    const policy = find<V1NetworkPolicy>(objects, "NetworkPolicy");
    const template = deployment.spec?.template;
    const [port] = template?.spec?.containers[0]?.ports ?? [];
    expect(port).toEqual({ name: "mcp", containerPort: 8931 });
    expect(template?.metadata?.labels).toMatchObject(service.spec?.selector as object);
    expect(template?.metadata?.labels).toMatchObject(policy.spec?.podSelector?.matchLabels as object);
    expect(service.spec?.ports).toMatchObject([{ port: 8931, targetPort: "mcp" }]);
    expect(policy.spec?.ingress?.[0]?.ports).toEqual([{ port: 8931 }]);

    const remote = find<KubernetesObject & { spec: { url: string } }>(objects, "RemoteMCPServer");
    const url = new URL(remote.spec.url);
    expect(url.host).toBe(`${service.metadata?.name}.todo-app.svc.cluster.local:8931`);
    // Any other name in the Host header is refused.
    const env = template?.spec?.containers[0]?.env?.find(({ name }) => name === "TASKFLOW_MCP_ALLOW_HOSTS");
    expect(env?.value?.split(",")).toContain(url.hostname);
  });

  test("the agent has all tools, and those that change something need an approval", async () => {
    interface Tools {
      spec: {
        declarative: {
          modelConfig: string;
          tools: {
            mcpServer: { kind: string; name: string; toolNames: string[]; requireApproval: string[] };
          }[];
        };
      };
    }
    const objects = await build("kagent");
    const { declarative } = find<KubernetesObject & Tools>(objects, "Agent").spec;
    const [tool] = declarative.tools;
    expect(tool?.mcpServer.toolNames).toEqual([...readingTools, ...planTools]);
    expect(tool?.mcpServer.requireApproval).toEqual(["apply_plan", "undo_plan"]);
    expect(find(objects, tool?.mcpServer.kind as string).metadata?.name).toBe(tool?.mcpServer.name);
    expect(find(objects, "ModelConfig").metadata?.name).toBe(declarative.modelConfig);
  });

  test("with token review there is no shared token left", async () => {
    const deployment = find<V1Deployment>(await build("token-review"), "Deployment");
    const text = JSON.stringify(deployment.spec);
    expect(text).not.toMatch(/TASKFLOW_MCP_TOKEN|run\/taskflow|secretName/);
    expect(text).toContain('"name":"TASKFLOW_MCP_AUTH","value":"tokenreview"');
  });

  test("kmcp's variant has the account's token, which kmcp does not ask for", async () => {
    const objects = await build("kmcp");
    expect(objects.some(({ kind }) => kind === "Deployment" || kind === "Service")).toBe(false);
    expect(find(objects, "ServiceAccount")).toMatchObject({ automountServiceAccountToken: true });
  });
});

describe.skipIf(!kubectl)("the server's rights", async () => {
  const asked = kubectl ? await surveyed() : [];
  const secrets = ({ resource }: ApiRequest) => resource === "secrets";

  test("cover everything that the diagnosis reads, but for Secrets", async () => {
    const granted = grants(await build(""), "taskflow-mcp");
    expect(asked.filter(secrets)).toHaveLength(1);
    expect(asked.filter((request) => !allows(granted, request))).toEqual(asked.filter(secrets));
  });

  test("hold nothing that the diagnosis does not read", async () => {
    const granted = grants(await build(""), "taskflow-mcp");
    for (const { namespace: place, rule } of granted) {
      for (const resource of rule.resources ?? []) {
        expect(rule.verbs.every((verb) => ["get", "list", "watch"].includes(verb))).toBe(true);
        const used = asked.some(
          (request) =>
            request.resource === resource &&
            rule.apiGroups?.includes(request.group) &&
            request.namespace === place,
        );
        expect(used, `${resource} in ${place ?? "the cluster"}`).toBe(true);
      }
    }
  });

  test("without the cluster's part, nothing outside the namespace", async () => {
    const files = ["account.yaml", "reader.yaml"];
    const text = await Promise.all(
      files.map((name) => readFile(join(repoRoot, "aiops", "kagent", "manifests", "server", name), "utf8")),
    );
    expect(text.join()).not.toMatch(/kind: Cluster/);
  });

  test("change something only where remediation is on: Deployments, Services, and policies that are added", async () => {
    const changing = async (folder: string) =>
      grants(await build(folder), "taskflow-mcp")
        .flatMap(({ namespace: place, rule }) =>
          rule.verbs.flatMap((verb) =>
            (rule.resources ?? []).map((resource) => `${verb} ${resource} ${place}`),
          ),
        )
        .filter((line) => !/^(get|list|watch) /.test(line))
        .sort();
    expect(await changing("")).toEqual([]);
    expect(await changing("kmcp")).toEqual([]);
    expect(await changing("token-review")).toEqual(["create tokenreviews undefined"]);
    expect(await changing("remediation")).toEqual([
      "create networkpolicies todo-app",
      "delete networkpolicies todo-app",
      "patch deployments todo-app",
      "patch services todo-app",
    ]);
  });

  test("reading rules name no wildcard", async () => {
    const role = find<V1Role>(await build(""), "Role", "taskflow-reader");
    expect(JSON.stringify(role.rules)).not.toContain("*");
  });
});
