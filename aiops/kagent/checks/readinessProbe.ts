import { containerFinding, fact, logEvidence } from "./finding.ts";
import { type Container, containers, eventsOf, logOf, podRef, secondsSince } from "./pods.ts";
import type { Check } from "./types.ts";

/** A container may be unready this long, in seconds, before that is worth a word; less where the probe itself is wrong. */
const startAllowance = 10;
const wrongProbeAllowance = 4;
/** After this long it is taken not to become ready by itself. */
const patience = 60;

/** F04: the container runs but never becomes ready. */
export const readinessProbe: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const { running } = container.status.state ?? {};
    if (container.init || !running || container.status.ready) return [];
    const runs = secondsSince(snapshot, running.startedAt);
    const event = eventsOf(snapshot, container.pod, container.name)
      .filter(({ message }) => /^(Readiness|Startup) probe (failed|errored)/.test(message ?? ""))
      .at(-1);
    if (!event?.message) return [];
    const meaning = explain(event.message, container);
    if (runs < (meaning.misconfigured ? wrongProbeAllowance : startAllowance)) return [];
    const object = podRef(container.pod, container.name);
    return containerFinding("TF1507", container, {
      what: `${container.name} has run for ${Math.round(runs)} s without becoming ready: ${meaning.text}.`,
      // A wrong port or path does not become right by waiting; an answer such as 503 may.
      definite: meaning.misconfigured || runs >= patience,
      evidence: [fact("event", object, event.message), logEvidence(object, logOf(snapshot, container), 4)],
    });
  });

function explain(message: string, { spec }: Container): { text: string; misconfigured: boolean } {
  const http = spec?.readinessProbe?.httpGet;
  const status = /statuscode: (\d+)/i.exec(message)?.[1];
  if (status === "404") {
    return {
      text: `it has no page ${http?.path ?? "/"} (HTTP 404), so the probe's path is wrong`,
      misconfigured: true,
    };
  }
  if (status) return { text: `its probe ${http?.path ?? "/"} answers HTTP ${status}`, misconfigured: false };
  if (/connection refused/i.test(message)) {
    const port = http?.port ?? spec?.readinessProbe?.tcpSocket?.port;
    const known = (spec?.ports ?? []).some((p) => p.name === port || p.containerPort === Number(port));
    return known || port === undefined
      ? { text: `nothing listens on the probe's port ${port ?? ""}`.trimEnd(), misconfigured: false }
      : { text: `its probe asks port ${port}, which the container does not declare`, misconfigured: true };
  }
  return { text: "its readiness probe fails", misconfigured: false };
}
