/** Is the database reachable? It is outside the cluster: only what the pods say of it is known. */
import { isReady } from "../../checks/pods.ts";
import type { Answerer } from "../answer.ts";
import { said, View } from "../view.ts";
import { roots, spoken } from "./health.ts";

export const database: Answerer = (view) => {
  const findings = new View(view.snapshot, view.all, "database").findings;
  const backend = new View(view.snapshot, view.all, "backend");
  const facts = backend.pods.map((pod) => {
    const name = pod.metadata?.name ?? "";
    const migrate = pod.status?.initContainerStatuses?.find(({ name: container }) => container === "migrate");
    const done = migrate?.state?.terminated?.exitCode === 0;
    return said(
      "status",
      { kind: "Pod", name },
      `${name}: ${isReady(pod) ? "ready" : "not ready"}${migrate ? `, its migration ${done ? "reached the database and ended well" : "has not ended well"}` : ""}`,
    );
  });
  const [first] = roots(findings);
  const ready = backend.pods.filter(isReady).length;
  const summary = first
    ? `No: ${spoken(first, roots(findings).length - 1)}`
    : ready > 0
      ? `Nothing speaks against it: ${ready} backend pod(s) are ready, and none becomes ready without one connection to the database. An outage since then shows only in answers with HTTP 503.`
      : "It is not known: no backend pod is ready, and none of them complains of the database.";
  // Without a ready backend what holds it up is the better answer.
  const others = first || ready > 0 ? findings : backend.findings;
  return { summary, facts, findings: others, notChecked: backend.gaps(/log|events/) };
};
