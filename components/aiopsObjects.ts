/**
 * The MCP server's objects for one stack, from aiops/kagent/manifests: the one place that says what they are. Both
 * deployers apply them. Pure but for reading those files.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { repoRoot } from "../local/paths.ts";
import type { ImageRef } from "./chartValues.ts";
import type { StackConfig } from "./stackConfig.ts";

/** The Secret that the server and kagent's RemoteMCPServer read; the deployer makes it. */
export const tokenSecretName = "taskflow-mcp";

/** Its values. kagent sends a header as it stands in a Secret, so the whole header is a key of its own. */
export const tokenSecretData = (token: string): Record<string, string> => ({
  TASKFLOW_MCP_TOKEN: token,
  authorization: `Bearer ${token}`,
});

/** The Secret with the key of approval codes, there only with remediation. Apart from the token, which callers are given. */
export const approvalSecretName = "taskflow-mcp-approval";
export const approvalSecretEntry = "approval.key";

/** @param key 32 bytes in base 64, as aiops/kagent/plans/approval.ts reads them. */
export const approvalSecretData = (key: string): Record<string, string> => ({ [approvalSecretEntry]: key });

export interface AiopsOptions {
  namespace: string;
  /** `repository:tag`, as it is on the node or in the registry. */
  image: string;
  /** May it carry out approved plans? */
  remediation: boolean;
}

/** Does the stack run an MCP server from this repo's image, which then has to be built and delivered? */
export const ownServerImage = ({ aiops }: Pick<StackConfig, "aiops">): boolean =>
  Boolean(aiops?.enabled && aiops.image === undefined);

/**
 * Undefined where the stack wants no MCP server, or returns to a deployment that had none.
 * @param own this repo's image of the server, where `ownServerImage` holds.
 */
export function aiopsOptions(
  { aiops, namespace }: Pick<StackConfig, "aiops" | "namespace">,
  own: ImageRef | undefined,
): AiopsOptions | undefined {
  const image = aiops?.image ?? (own && `${own.repository}:${own.tag}`);
  if (!aiops?.enabled || image === undefined) return undefined;
  return { namespace, image, remediation: aiops.remediation };
}

export interface ManifestObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

const folder = join(repoRoot, "aiops", "kagent", "manifests");
/** The namespace that the files name. */
const written = "todo-app";

/** The objects as `kubectl apply -k` makes them (a test holds the two together), for this namespace and image. */
export function aiopsObjects(options: AiopsOptions): ManifestObject[] {
  const parts = ["server", "components/cluster-reader"];
  const objects = [...parts, ...(options.remediation ? ["components/remediation"] : [])].flatMap(resources);
  const deployment = objects.find(({ kind }) => kind === "Deployment") as Deployment;
  const [container] = deployment.spec.template.spec.containers;
  container.image = options.image;
  if (options.remediation) {
    const [patch] = documents("components/remediation/enable.yaml") as [Deployment];
    // As kustomize's merge has it: what is added comes first.
    const { spec } = patch.spec.template;
    container.env.unshift(...spec.containers[0].env);
    container.volumeMounts.unshift(...spec.containers[0].volumeMounts);
    deployment.spec.template.spec.volumes.unshift(...spec.volumes);
  }
  return objects.map((object) => placed(object, options.namespace));
}

/** What belongs to no namespace, or to another than the app's: it stays when the app's namespace goes. */
export const outside = ({ metadata }: ManifestObject, namespace: string): boolean =>
  metadata.namespace !== namespace;

interface Deployment extends ManifestObject {
  spec: {
    template: {
      spec: { containers: [{ image: string; env: unknown[]; volumeMounts: unknown[] }]; volumes: unknown[] };
    };
  };
}

/** The objects of the files that a folder's kustomization lists. */
function resources(place: string): ManifestObject[] {
  const [kustomization] = documents(`${place}/kustomization.yaml`) as unknown as [{ resources: string[] }];
  return kustomization.resources.flatMap((name) => documents(`${place}/${name}`));
}

function documents(file: string): ManifestObject[] {
  const text = readFileSync(join(folder, file), "utf8");
  return parseAllDocuments(text).map((document) => document.toJS() as ManifestObject);
}

/**
 * The object for another namespace. Names outside of it get the namespace's name: two stacks on one cluster must not
 * take each other's.
 */
function placed(object: ManifestObject, namespace: string): ManifestObject {
  if (namespace === written) return object;
  const text = JSON.stringify(object)
    .replaceAll(`"${written}"`, JSON.stringify(namespace))
    // The host names under which the server is called.
    .replaceAll(`taskflow-mcp.${written}`, `taskflow-mcp.${namespace}`)
    .replaceAll(
      /"(taskflow-(?:mcp-)?cluster-(?:reader|dns-reader))"/g,
      (_name, name: string) => `"${name}-${namespace}"`,
    );
  return JSON.parse(text) as ManifestObject;
}
