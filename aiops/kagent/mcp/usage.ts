/** What pods use now, and what they may use. */
import type { PodMetric, V1Pod } from "@kubernetes/client-node";
import { amount } from "../checks/quantity.ts";

export interface Usage {
  /** Thousandths of a CPU. */
  cpuMilli?: number;
  memoryBytes?: number;
}

/** The sum over containers; undefined where one has no value, as a sum without it would mislead. */
function sum(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((all, one) => (all === undefined || one === undefined ? undefined : all + one), 0);
}

function usage(items: readonly { cpu?: string; memory?: string }[]): Usage {
  if (items.length === 0) return {};
  const cpu = sum(items.map((item) => amount(item.cpu)));
  const memory = sum(items.map((item) => amount(item.memory)));
  return {
    ...(cpu === undefined ? {} : { cpuMilli: Math.round(cpu * 1000) }),
    ...(memory === undefined ? {} : { memoryBytes: Math.round(memory) }),
  };
}

export const used = (metric: PodMetric | undefined): Usage =>
  usage((metric?.containers ?? []).map((container) => container.usage));

/** A container without a limit leaves the pod without one. */
export const limits = (pod: V1Pod): Usage =>
  usage((pod.spec?.containers ?? []).map((container) => container.resources?.limits ?? {}));
