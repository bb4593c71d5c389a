/**
 * Would the pods that a change brings still fit the namespace's ResourceQuotas and LimitRanges? The API server's dry
 * run of a Deployment does not say: it looks at pods one by one when they are made, and then the old ones are gone.
 */
import { amount as parsed } from "../../checks/quantity.ts";
import { TaskFlowError } from "../../codes/index.ts";
import type { World } from "../actions/types.ts";
import { valueAt } from "../jsonPatch.ts";
import type { Raw } from "../objects.ts";
import { listAll } from "./lists.ts";

/** Amounts by the names that a ResourceQuota has for them, e.g. `limits.memory`. */
export type Needs = Readonly<Record<string, number>>;

interface ContainerResources {
  name: string;
  restartPolicy?: string;
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
}

/** NaN for what is no quantity. Comparisons below are written so that it lets nothing through. */
const amount = (quantity: string): number => parsed(quantity) ?? Number.NaN;
const resources = ["cpu", "memory"] as const;
const aliases: Readonly<Record<string, string>> = {
  cpu: "requests.cpu",
  memory: "requests.memory",
  "count/pods": "pods",
};

/** What one pod of a Deployment's template counts for. */
export function podNeeds(deployment: Raw): Needs {
  const spec = (valueAt(deployment, "/spec/template/spec") ?? {}) as {
    containers?: ContainerResources[];
    initContainers?: ContainerResources[];
  };
  const needs: Record<string, number> = { pods: 1 };
  for (const resource of resources) {
    for (const side of ["requests", "limits"] as const) {
      const of = (container: ContainerResources) => {
        const { limits, requests } = container.resources ?? {};
        // A limit without a request is its own request.
        const quantity =
          side === "limits" ? limits?.[resource] : (requests?.[resource] ?? limits?.[resource]);
        return quantity === undefined ? 0 : amount(quantity);
      };
      const init = spec.initContainers ?? [];
      const running = [...(spec.containers ?? []), ...init.filter((one) => one.restartPolicy === "Always")];
      const sum = running.reduce((total, container) => total + of(container), 0);
      needs[`${side}.${resource}`] = Math.max(sum, ...init.map(of));
    }
  }
  return needs;
}

/**
 * Refuses `more` pods of these needs where a quota has no room for them.
 * @throws TaskFlowError TF1710, or TF1724 where the quotas can't be seen.
 */
export async function assertWithinQuota(world: World, needs: Needs, more: number): Promise<void> {
  if (more <= 0) return;
  const extra = Object.fromEntries(Object.entries(needs).map(([key, value]) => [key, value * more]));
  await assertRoom(world, extra, `${more} more pod${more === 1 ? "" : "s"}`);
}

/**
 * Refuses a change of the template where a quota has no room for all pods in the new form, or for the new pod that
 * comes up beside the old ones.
 * @throws TaskFlowError TF1710, TF1724.
 */
export async function assertRolloutWithinQuota(world: World, before: Raw, after: Raw): Promise<void> {
  const replicas = (before.spec.replicas as number | undefined) ?? 1;
  const [old, fresh] = [podNeeds(before), podNeeds(after)];
  const change = Object.fromEntries(
    Object.keys(fresh).map((key) => [key, ((fresh[key] ?? 0) - (old[key] ?? 0)) * replicas]),
  );
  await assertRoom(world, change, "the new limits for all pods");
  const surge = valueAt(before, "/spec/strategy/rollingUpdate/maxSurge") ?? "25%";
  if (amountOf(surge, replicas) > 0) await assertRoom(world, fresh, "the first new pod beside the old ones");
}

/** `1` -> 1; `"25%"` of 3 -> 1 (rounded up, as the controller does). */
function amountOf(surge: unknown, replicas: number): number {
  if (typeof surge === "number") return surge;
  return Math.ceil((Number.parseInt(String(surge), 10) / 100) * replicas);
}

async function assertRoom(world: World, extra: Needs, what: string): Promise<void> {
  const quotas = await listAll(world, "resource quotas", (page, options) =>
    world.api.core.listNamespacedResourceQuota(page, options),
  );
  for (const quota of quotas) {
    // These count pods that end by themselves, or that ask for nothing.
    if (quota.spec?.scopes?.some((scope) => scope === "Terminating" || scope === "BestEffort")) continue;
    for (const [key, hard] of Object.entries(quota.status?.hard ?? quota.spec?.hard ?? {})) {
      const needed = extra[aliases[key] ?? key] ?? 0;
      const used = amount(quota.status?.used?.[key] ?? "0");
      if (needed <= 0 || used + needed <= amount(hard)) continue;
      throw new TaskFlowError("TF1710", {
        what: `${what} would exceed ResourceQuota ${quota.metadata?.name}: ${key} ${quota.status?.used?.[key] ?? 0} of ${hard} is used`,
        values: { namespace: world.namespace },
      });
    }
  }
}

/**
 * Refuses limits of one container that a LimitRange would not let through; `after` is the Deployment with them.
 * @throws TaskFlowError TF1710, TF1724.
 */
export async function assertWithinLimitRange(
  world: World,
  container: ContainerResources,
  after: Raw,
): Promise<void> {
  const ranges = await listAll(world, "limit ranges", (page, options) =>
    world.api.core.listNamespacedLimitRange(page, options),
  );
  const pod = podNeeds(after);
  for (const range of ranges) {
    for (const { type, max, min, maxLimitRequestRatio: ratio } of range.spec?.limits ?? []) {
      for (const resource of resources) {
        const limit = container.resources?.limits?.[resource];
        if (limit === undefined || (type !== "Container" && type !== "Pod")) continue;
        const one = type === "Container";
        const value = one ? amount(limit) : (pod[`limits.${resource}`] ?? 0);
        const request = one
          ? amount(container.resources?.requests?.[resource] ?? limit)
          : (pod[`requests.${resource}`] ?? 0);
        const against = exceeds(value, max?.[resource])
          ? `max ${max?.[resource]}`
          : exceeds(-value, min?.[resource], -1)
            ? `min ${min?.[resource]}`
            : exceeds(value / request, ratio?.[resource])
              ? `at most ${ratio?.[resource]} times the request`
              : undefined;
        if (against === undefined) continue;
        throw new TaskFlowError("TF1710", {
          what: `${resource} limit ${limit} of container ${container.name} is against LimitRange ${range.metadata?.name} (${type}: ${against})`,
          values: { namespace: world.namespace },
        });
      }
    }
  }
}

const exceeds = (value: number, bound: string | undefined, sign = 1): boolean =>
  bound !== undefined && !(value <= sign * amount(bound));
