/** Why something fails, how everything is, what mends it. */

import { revisionOf, setsOf } from "../../checks/history.ts";
import { isReady, restartsOf } from "../../checks/pods.ts";
import type { Finding } from "../../checks/types.ts";
import { codes } from "../../codes/index.ts";
import type { Answer, Answerer, Fact } from "../answer.ts";
import { count, listed, said, type View } from "../view.ts";
import { cpu } from "./usage.ts";

/** The first root cause speaks; where nothing fails the premise is wrong, and what is there is said first. */
export const why: Answerer = (view) => {
  const findings = view.findings;
  const [first] = roots(findings);
  if (!first) return healthy(view);
  const fails = findings.some(({ severity }) => severity === "error");
  const cause = spoken(first, roots(findings).length - 1);
  return {
    summary: fails ? cause : `Only a warning was found, ${readiness(view)}. ${cause}${elsewhere(view).text}`,
    facts: [],
    findings,
    notChecked: view.snapshot.notChecked,
  };
};

export const health: Answerer = (view) => {
  const { findings } = view;
  const [first] = roots(findings);
  if (!first) return healthy(view);
  const broken = findings.some(({ severity }) => severity === "error");
  return {
    summary: `${broken ? "No" : "It serves, with a warning"}: ${spoken(first, roots(findings).length - 1)}`,
    facts: podFacts(view),
    findings,
    notChecked: view.snapshot.notChecked,
  };
};

export const fix: Answerer = (view) => {
  const { findings } = view;
  const causes = roots(findings);
  if (causes.length === 0) {
    const other = healthy(view);
    return { ...other, summary: `Nothing was found that needs mending. ${other.summary}` };
  }
  return {
    summary: `Mend the root cause first: ${spoken(causes[0] as Finding, causes.length - 1)}`,
    facts: [],
    findings,
    commands: [...new Set(causes.flatMap((found) => found.fix))],
    notChecked: view.snapshot.notChecked,
  };
};

export const rollback: Answerer = (view) => {
  const facts = view.deployments.map((deployment) => {
    const name = deployment.metadata?.name ?? "";
    const revisions = setsOf(view.snapshot, deployment).map(revisionOf).reverse();
    const now = revisionOf(deployment) || "unknown";
    return said(
      "status",
      { kind: "Deployment", name },
      `${name} runs revision ${now}; the cluster keeps ${revisions.length > 0 ? revisions.join(", ") : "none"}`,
    );
  });
  return {
    summary:
      "`npm run rollback` returns to the deployment before this one: images, chart and values; the database stays as it is.",
    facts,
    findings: view.findings,
    commands: ["npm run rollback -- --list", "npm run rollback"],
    notChecked: view.gaps(/deployments|replica sets/),
  };
};

/** Nothing here measures how long requests take; what can make them slow is looked at. */
export const slow: Answerer = (view) => {
  const use = cpu(view);
  const [first] = roots(view.findings);
  return {
    summary: first
      ? spoken(first, roots(view.findings).length - 1)
      : `Nothing was found that would make ${view.about} slow; how long requests take is not measured here. ${use.summary}`,
    facts: [...podFacts(view), ...use.facts],
    findings: view.findings,
    notChecked: [...view.snapshot.notChecked],
  };
};

function healthy(view: View): Answer {
  const other = elsewhere(view);
  const gaps = view.snapshot.notChecked.length > 0 ? " Not everything could be looked at." : "";
  return {
    summary: `No fault was found: ${readiness(view)}.${other.text}${gaps}`,
    facts: podFacts(view),
    findings: other.findings,
    notChecked: view.snapshot.notChecked,
  };
}

/** `1 of 2 pods of backend are ready` */
function readiness({ pods, about }: View): string {
  if (pods.length === 0) return `${about} has no pods`;
  const ready = pods.filter(isReady).length;
  return `${ready} of ${count(pods.length, "pod")} of ${about} ${pods.length === 1 ? "is" : "are"} ready`;
}

/** Root causes that have nothing to do with what was asked about, and a sentence that names them. */
function elsewhere(view: View): { findings: Finding[]; text: string } {
  const own = view.findings;
  const findings = roots(view.all.filter((found) => !own.includes(found)));
  const names = findings.map(({ code, object }) => `${code} ${codes[code].title} (${object.name})`);
  return { findings, text: names.length > 0 ? ` Elsewhere: ${listed(names)}.` : "" };
}

/** One line a pod: ready, phase, restarts, how the last run ended. */
export function podFacts(view: View, most = 20): Fact[] {
  return view.pods.slice(0, most).map((pod) => {
    const name = pod.metadata?.name ?? "";
    const ended = (pod.status?.containerStatuses ?? []).flatMap(
      ({ lastState }) => lastState?.terminated ?? [],
    )[0];
    const waits = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
      .map(({ state }) => state?.waiting?.reason)
      .find((reason) => reason && reason !== "PodInitializing");
    const last = ended
      ? `; the run before ended with code ${ended.exitCode} (${ended.reason ?? "no reason"})`
      : "";
    return said(
      "status",
      { kind: "Pod", name },
      `${name}: ${isReady(pod) ? "ready" : "not ready"}, ${waits ?? pod.status?.phase ?? "unknown"}, ${count(restartsOf(pod), "restart")}${last}`,
    );
  });
}

export const roots = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ causedBy }) => !causedBy);

/** `backend-1-x: backend exits … [TF1501]`, and how many root causes there are besides. */
export function spoken({ code, object, what }: Finding, more: number): string {
  const others =
    more > 0 ? ` There ${more === 1 ? "is 1 more root cause" : `are ${more} more root causes`}.` : "";
  return `${object.name}: ${what} [${code}]${others}`;
}
