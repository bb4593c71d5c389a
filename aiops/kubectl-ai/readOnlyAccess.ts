/**
 * The account with which kubectl-ai works: a ServiceAccount of its own that can read one namespace, less its Secrets,
 * and a kubeconfig with a token for an hour. Made with the rights of whoever asks, at each start.
 */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  type V1ResourceRule,
  type V1Role,
  type V1RoleBinding,
  type V1ServiceAccount,
} from "@kubernetes/client-node";
import { parse, stringify } from "yaml";
import { bounded, type ClusterAccess, reasonOf } from "../kagent/checks/api.ts";
import { TaskFlowError } from "../kagent/codes/index.ts";

export const accountName = "taskflow-kubectl-ai";
/** Of the kubeconfig that is written. */
export const contextName = "taskflow-read-only";

/** Seconds that the token is good for. */
const tokenSeconds = 3600;
/** Milliseconds for one call. */
const callTimeout = 5_000;
const fieldManager = "taskflow";

/** The one place that says what may be read; the MCP server's account has the same. */
const roleFile = join(import.meta.dirname, "..", "kagent", "manifests", "server", "reader.yaml");

export interface ReadOnlyRequest {
  /** The way to the cluster, with rights to make the account. */
  access: ClusterAccess;
  namespace: string;
  /** Where the kubeconfig goes; mode 0600, written anew each time. */
  file: string;
}

/**
 * Makes the account, checks that it can do nothing but read, and writes its kubeconfig.
 * @throws TaskFlowError TF1811 where the account cannot be made, TF1812 where it can do more than read.
 */
export async function readOnlyAccess({ access, namespace, file }: ReadOnlyRequest): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(access.kubeconfig);
  config.setCurrentContext(access.context);
  let text: string;
  let rules: V1ResourceRule[];
  try {
    await makeAccount(config, namespace);
    text = kubeconfigText(config, namespace, await newToken(config, namespace));
    rules = await rulesOf(text, namespace);
  } catch (error) {
    throw new TaskFlowError("TF1811", {
      what: `${accountName} in namespace ${namespace} could not be made: ${reasonOf(error)}`,
      values: { namespace },
      cause: error,
    });
  }
  const more = beyondReading(rules);
  if (more.length > 0) {
    throw new TaskFlowError("TF1812", {
      what: `${accountName} may also ${more.slice(0, 5).join(", ")}${more.length > 5 ? " and more" : ""}`,
    });
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
  // The mode above holds only for a file that is new.
  await chmod(file, 0o600);
}

/** The objects, as they are applied. */
export async function accountObjects(
  namespace: string,
): Promise<{ account: V1ServiceAccount; role: V1Role; binding: V1RoleBinding }> {
  const role = parse(await readFile(roleFile, "utf8")) as V1Role;
  const labels = { "app.kubernetes.io/part-of": "taskflow" };
  const metadata = { name: accountName, namespace, labels };
  return {
    account: { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false },
    // A Role of its own name: the MCP server's is whoever's who installs that.
    role: { ...role, metadata },
    binding: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: accountName },
      subjects: [{ kind: "ServiceAccount", name: accountName, namespace }],
    },
  };
}

/** Server-side apply: the same again changes nothing, and what somebody added to the Role by hand goes. */
async function makeAccount(config: KubeConfig, namespace: string): Promise<void> {
  const { account, role, binding } = await accountObjects(namespace);
  const core = config.makeApiClient(CoreV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const target = { name: accountName, namespace, fieldManager, force: true };
  const apply = () => setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply, bounded(callTimeout));
  await core.patchNamespacedServiceAccount({ ...target, body: account }, apply());
  await rbac.patchNamespacedRole({ ...target, body: role }, apply());
  await rbac.patchNamespacedRoleBinding({ ...target, body: binding }, apply());
}

async function newToken(config: KubeConfig, namespace: string): Promise<string> {
  const { status } = await config.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken(
    {
      name: accountName,
      namespace,
      body: { spec: { audiences: [], expirationSeconds: tokenSeconds } },
    },
    bounded(callTimeout),
  );
  if (!status?.token) throw new Error("the API server gave no token");
  return status.token;
}

/** A kubeconfig with this cluster, this token and nothing of the one that it was made with. */
export function kubeconfigText(config: KubeConfig, namespace: string, token: string): string {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error("the kubeconfig's context names no cluster");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": contextName,
    clusters: [
      {
        name: "taskflow",
        cluster: {
          server: cluster.server,
          ...(cluster.caData ? { "certificate-authority-data": cluster.caData } : {}),
          ...(cluster.caFile ? { "certificate-authority": cluster.caFile } : {}),
          ...(cluster.skipTLSVerify ? { "insecure-skip-tls-verify": true } : {}),
          ...(cluster.tlsServerName ? { "tls-server-name": cluster.tlsServerName } : {}),
          ...(cluster.proxyUrl ? { "proxy-url": cluster.proxyUrl } : {}),
        },
      },
    ],
    users: [{ name: accountName, user: { token } }],
    contexts: [{ name: contextName, context: { cluster: "taskflow", user: accountName, namespace } }],
  });
}

/** What the API server says that the token may do in the namespace, by every binding that there is. */
async function rulesOf(kubeconfig: string, namespace: string): Promise<V1ResourceRule[]> {
  const own = new KubeConfig();
  own.loadFromString(kubeconfig);
  const review = await own
    .makeApiClient(AuthorizationV1Api)
    .createSelfSubjectRulesReview({ body: { spec: { namespace } } }, bounded(callTimeout));
  return review.status?.resourceRules ?? [];
}

const reading = new Set(["get", "list", "watch"]);
/** Every account may ask what it may do; that changes nothing. */
const asking = /^self/;

/** `verb resource` of everything that is not reading, and of reading Secrets. Pure. */
export function beyondReading(rules: readonly V1ResourceRule[]): string[] {
  const more = rules.flatMap(({ verbs, resources = [], resourceNames = [] }) =>
    resources
      .filter((resource) => !asking.test(resource))
      .flatMap((resource) =>
        verbs
          .filter((verb) => !reading.has(verb) || /^(secrets|\*)$/.test(resource))
          .map((verb) => [verb, resource, ...resourceNames].join(" ")),
      ),
  );
  return [...new Set(more)].sort();
}
