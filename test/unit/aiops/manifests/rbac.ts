/** What RBAC objects allow an account: the API server's rules, as far as these manifests use them. */
import type { KubernetesObject, V1PolicyRule, V1RoleBinding } from "@kubernetes/client-node";

export interface ApiRequest {
  verb: string;
  group: string;
  /** With its subresource, e.g. `pods/log`. */
  resource: string;
  /** Undefined for what belongs to no namespace. */
  namespace: string | undefined;
}

type Role = KubernetesObject & { rules: V1PolicyRule[] };

/** `GET /api/v1/namespaces/todo-app/pods/a/log` -> get, "", pods/log, todo-app */
export function requestOf(method: string, path: string): ApiRequest {
  const parts = path.split("/").filter(Boolean);
  const group = parts.shift() === "api" ? "" : (parts.shift() as string);
  parts.shift(); // the version
  const namespace = parts[0] === "namespaces" && parts.length > 2 ? parts.splice(0, 2)[1] : undefined;
  const [kind, name, sub] = parts;
  const reading = name === undefined ? "list" : "get";
  const verb = { GET: reading, POST: "create", PATCH: "patch", PUT: "update", DELETE: "delete" }[method];
  return { verb: verb as string, group, resource: sub ? `${kind}/${sub}` : (kind as string), namespace };
}

/** Every rule that a ServiceAccount has, with the namespace where it holds; undefined is everywhere. */
export function grants(
  objects: KubernetesObject[],
  account: string,
): { namespace: string | undefined; rule: V1PolicyRule }[] {
  return objects
    .filter(({ kind }) => kind === "RoleBinding" || kind === "ClusterRoleBinding")
    .filter((object) =>
      (object as V1RoleBinding).subjects?.some(
        ({ kind, name, namespace }) =>
          kind === "ServiceAccount" && name === account && namespace === "todo-app",
      ),
    )
    .flatMap((object) => {
      const { roleRef, metadata, kind } = object as V1RoleBinding;
      const namespace = kind === "RoleBinding" ? metadata?.namespace : undefined;
      const role = objects.find(
        (one) =>
          one.kind === roleRef.kind &&
          one.metadata?.name === roleRef.name &&
          (one.kind === "ClusterRole" || one.metadata?.namespace === namespace),
      ) as Role | undefined;
      if (!role) throw new Error(`${kind} ${metadata?.name} refers to ${roleRef.kind} ${roleRef.name}`);
      return role.rules.map((rule) => ({ namespace, rule }));
    });
}

export function allows(granted: ReturnType<typeof grants>, request: ApiRequest): boolean {
  return granted.some(
    ({ namespace, rule }) =>
      (namespace === undefined || namespace === request.namespace) &&
      rule.verbs.includes(request.verb) &&
      rule.apiGroups?.includes(request.group) &&
      rule.resources?.includes(request.resource),
  );
}
