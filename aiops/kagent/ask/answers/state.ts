/** What runs: pods, images, replicas, Services, and what the last rollout changed. */

import type { V1Deployment, V1PodTemplateSpec } from "@kubernetes/client-node";
import { revisionOf, setsOf } from "../../checks/history.ts";
import { isReady, restartsOf } from "../../checks/pods.ts";
import { complete, progress } from "../../checks/rollout.ts";
import type { Snapshot } from "../../checks/types.ts";
import type { Answerer, Fact } from "../answer.ts";
import { count, listed, said } from "../view.ts";
import { podFacts, roots, spoken } from "./health.ts";

export const pods: Answerer = (view) => ({
  summary: `${view.about} has ${count(view.pods.length, "pod")}, ${view.pods.filter(isReady).length} ready.`,
  facts: podFacts(view, 50),
  findings: view.findings,
  notChecked: [],
});

export const restarts: Answerer = (view) => {
  const restarted = view.pods
    .filter((pod) => restartsOf(pod) > 0)
    .sort((a, b) => restartsOf(b) - restartsOf(a));
  const names = restarted.slice(0, 10).map((pod) => `${pod.metadata?.name} (${restartsOf(pod)})`);
  return {
    summary:
      names.length > 0 ? `Restarted: ${listed(names)}.` : `No container of ${view.about} has restarted.`,
    facts: podFacts(view).filter(({ evidence }) =>
      restarted.some(({ metadata }) => evidence.ref === `pod/${metadata?.name}`),
    ),
    findings: view.findings,
    notChecked: [],
  };
};

export const images: Answerer = (view) => {
  const facts = view.deployments.flatMap((deployment) => {
    const name = deployment.metadata?.name ?? "";
    return (deployment.spec?.template.spec?.containers ?? []).map((container) =>
      said(
        "spec",
        { kind: "Deployment", name },
        `${name}: container ${container.name} runs ${container.image}`,
      ),
    );
  });
  // During a rollout pods of two versions run.
  const running = new Set(
    view.pods.flatMap((pod) => (pod.spec?.containers ?? []).map((container) => container.image ?? "")),
  );
  return {
    summary:
      running.size > 0
        ? `${view.about} runs ${listed([...running].sort())}.`
        : `No pod of ${view.about} runs${facts.length > 0 ? "; its Deployment asks for the images below" : ""}.`,
    facts,
    findings: view.findingsAbout(/image/i),
    notChecked: view.gaps(/deployments/),
  };
};

export const replicas: Answerer = (view) => {
  const lines = view.deployments.map((deployment) => {
    const { readyReplicas = 0, replicas: existing = 0 } = deployment.status ?? {};
    return `${deployment.metadata?.name} has ${readyReplicas} of ${count(deployment.spec?.replicas ?? 1, "replica")} ready${existing > (deployment.spec?.replicas ?? 1) ? ` (${existing} exist: a rollout is under way)` : ""}`;
  });
  return {
    summary: lines.length > 0 ? `${listed(lines)}.` : `${view.about} has no Deployment.`,
    facts: view.deployments.map((deployment, index) =>
      said("status", { kind: "Deployment", name: deployment.metadata?.name ?? "" }, lines[index] ?? ""),
    ),
    findings: view.findings,
    notChecked: view.gaps(/deployments/),
  };
};

export const services: Answerer = (view) => {
  const found = view.services ?? [];
  return {
    summary:
      view.services === undefined
        ? "Services could not be read."
        : `${view.about} has ${count(found.length, "Service")}${found.length > 0 ? `: ${listed(found.map(({ metadata }) => metadata?.name ?? ""))}` : ""}.`,
    facts: found.map(({ metadata, spec }) =>
      said(
        "spec",
        { kind: "Service", name: metadata?.name ?? "" },
        `${metadata?.name}: ${spec?.type ?? "ClusterIP"}, port ${(spec?.ports ?? []).map(({ port }) => port).join(", ")}`,
      ),
    ),
    findings: view.findingsAbout(/service|endpoint/i),
    notChecked: view.gaps(/services/),
  };
};

export const rollout: Answerer = (view) => {
  const { snapshot, deployments } = view;
  const names = deployments.map(({ metadata }) => metadata?.name ?? "");
  const open = deployments.filter((deployment) => !complete(deployment));
  const [first] = roots(view.findings);
  return {
    summary:
      names.length === 0
        ? `${view.about} has no Deployment.`
        : open.length === 0
          ? `The rollout is complete: ${progress(snapshot, names)}.`
          : `The rollout is not complete: ${progress(snapshot, names)}.${first ? ` ${spoken(first, 0)}` : ""}`,
    facts: deployments.flatMap((deployment) => changeFacts(snapshot, deployment)),
    findings: view.findings,
    notChecked: view.gaps(/deployments|replica sets/),
  };
};

/** What the newest template has that the one before had not. */
function changeFacts(snapshot: Snapshot, deployment: V1Deployment): Fact[] {
  const name = deployment.metadata?.name ?? "";
  const object = { kind: "Deployment", name };
  const [current, before] = setsOf(snapshot, deployment);
  if (!current) return [];
  const since = current.metadata?.creationTimestamp;
  const from = `${name}: revision ${revisionOf(current)}${since ? ` of ${new Date(since).toISOString()}` : ""}`;
  if (!before) return [said("spec", object, `${from} is the first that the cluster knows`)];
  const differences = templateChanges(before.spec?.template, current.spec?.template);
  const changed = differences.length > 0 ? differences.join("; ") : "nothing but labels or annotations";
  return [said("spec", object, `${from} changed ${changed}, from revision ${revisionOf(before)}`)];
}

/** Images are named; of anything else only the field's name, as its value may be a secret. */
function templateChanges(before?: V1PodTemplateSpec, after?: V1PodTemplateSpec): string[] {
  const list = (template?: V1PodTemplateSpec) => [
    ...(template?.spec?.initContainers ?? []),
    ...(template?.spec?.containers ?? []),
  ];
  const old = new Map(list(before).map((container) => [container.name, container]));
  const perContainer = list(after).flatMap((container) => {
    const was = old.get(container.name);
    if (!was) return [`container ${container.name} (new)`];
    const fields = [...new Set([...Object.keys(was), ...Object.keys(container)])] as (keyof typeof was)[];
    return fields
      .filter((field) => JSON.stringify(was[field]) !== JSON.stringify(container[field]))
      .map((field) =>
        field === "image"
          ? `${container.name}'s image from ${was.image} to ${container.image}`
          : `${container.name}'s ${field}`,
      );
  });
  const now = new Set(list(after).map(({ name }) => name));
  const gone = [...old.keys()].filter((name) => !now.has(name)).map((name) => `container ${name} (gone)`);
  const volumes =
    JSON.stringify(before?.spec?.volumes) === JSON.stringify(after?.spec?.volumes) ? [] : ["the volumes"];
  return [...perContainer, ...gone, ...volumes];
}
