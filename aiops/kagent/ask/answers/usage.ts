/** What pods use, from metrics-server, beside what they may. */
import type { V1Pod } from "@kubernetes/client-node";
import { amount } from "../../checks/quantity.ts";
import type { Answerer, Fact } from "../answer.ts";
import { count, listed, said, type View } from "../view.ts";

/** Above this share of its limit a container's use is called high. */
const high = 0.8;
/** Lines that an answer has. */
const most = 20;

interface Kind {
  resource: "memory" | "cpu";
  /** `memory`, `CPU` */
  word: string;
  unit(value: number): string;
  words: RegExp;
}

const memoryKind: Kind = {
  resource: "memory",
  word: "memory",
  unit: (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`,
  words: /memory|oom/i,
};
const cpuKind: Kind = {
  resource: "cpu",
  word: "CPU",
  unit: (cores) => `${Math.round(cores * 1000)} millicores`,
  words: /\bcpu\b|throttl/i,
};

export const memory: Answerer = (view) => answerFor(view, memoryKind);
export const cpu: Answerer = (view) => answerFor(view, cpuKind);

export const usage: Answerer = (view) => {
  const both = [memory(view), cpu(view)];
  return {
    summary: both.map(({ summary }) => summary).join(" "),
    facts: both.flatMap(({ facts }) => facts),
    findings: view.all.filter((found) => both.some(({ findings }) => findings.includes(found))),
    notChecked: both[0]?.notChecked ?? [],
  };
};

interface Use {
  pod: string;
  container: string;
  used: number;
  limit: number | undefined;
}

function answerFor(view: View, kind: Kind) {
  const findings = view.findingsAbout(kind.words);
  const notChecked = view.gaps(/metrics/);
  const metrics = view.snapshot.around.podMetrics;
  if (metrics === undefined) {
    return {
      summary: `How much ${kind.word} ${view.about} uses is not known: ${notChecked[0]?.why ?? "metrics-server was not asked"}. Its limits are.`,
      facts: view.pods.slice(0, most).flatMap((pod) => limits(pod, kind)),
      findings,
      notChecked,
    };
  }
  const uses = usesOf(view, kind);
  const hot = uses.filter(({ used, limit }) => limit !== undefined && used >= high * limit);
  const top = uses[0];
  const killed =
    findings.length > 0 ? ` ${listed([...new Set(findings.map(({ code }) => code))])} is about it.` : "";
  return {
    summary: `${
      hot.length > 0
        ? `High ${kind.word} use (${high * 100} % of the limit or more): ${listed([...new Set(hot.map(({ pod }) => pod))])}.`
        : top
          ? `No pod of ${view.about} uses ${high * 100} % of its ${kind.word} limit; the most is ${kind.unit(top.used)}, by ${top.pod}.`
          : `metrics-server has no figures of ${view.about} yet.`
    }${killed}`,
    facts: [
      ...uses.slice(0, most).map((use) => useFact(use, kind)),
      ...(uses.length > most
        ? [
            said(
              "metric",
              { kind: "Namespace", name: view.snapshot.namespace },
              `and ${count(uses.length - most, "container")} that use less`,
            ),
          ]
        : []),
    ],
    findings,
    notChecked,
  };
}

/** The containers with the highest share of their limit first; those without one behind, by what they use. */
function usesOf(view: View, kind: Kind): Use[] {
  const pods = new Map(view.pods.map((pod) => [pod.metadata?.name, pod]));
  const uses = (view.snapshot.around.podMetrics ?? []).flatMap(({ metadata, containers }) => {
    const pod = pods.get(metadata.name);
    if (!pod) return [];
    return containers.flatMap(({ name, usage: used }): Use[] => {
      const spec = pod.spec?.containers.find((one) => one.name === name);
      const value = amount(used[kind.resource]);
      const limit = amount(spec?.resources?.limits?.[kind.resource]);
      return value === undefined ? [] : [{ pod: metadata.name, container: name, used: value, limit }];
    });
  });
  const share = ({ used, limit }: Use) => (limit ? used / limit : 0);
  return uses.sort((a, b) => share(b) - share(a) || b.used - a.used || a.pod.localeCompare(b.pod));
}

function useFact({ pod, container, used, limit }: Use, { resource, unit }: Kind): Fact {
  const share = limit ? ` of ${unit(limit)} (${Math.round((used / limit) * 100)} %)` : ", no limit";
  return said(
    "metric",
    { kind: "Pod", name: pod, container },
    `${pod}/${container}: ${unit(used)}${share}`,
    `${resource}: ${unit(used)}${share}`,
  );
}

function limits(pod: V1Pod, { resource, word, unit }: Kind): Fact[] {
  const name = pod.metadata?.name ?? "";
  return (pod.spec?.containers ?? []).map((container) => {
    const limit = amount(container.resources?.limits?.[resource]);
    const text = limit === undefined ? `no ${word} limit` : `${word} limit ${unit(limit)}`;
    return said(
      "spec",
      { kind: "Pod", name, container: container.name },
      `${name}/${container.name}: ${text}`,
    );
  });
}
