import { containerFinding, fact } from "./finding.ts";
import { type Container, containers, lastExit, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

const reasons = new Set(["CreateContainerError", "RunContainerError", "CreateContainerConfigError"]);

/** [what the runtime said, what that means] */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/executable file not found|no such file or directory/i, "its command does not exist in the image"],
  [/exec format error/i, "the image is built for another CPU architecture than the node's"],
  [/permission denied/i, "its command may not be executed"],
  [
    /runAsNonRoot|non-numeric user/i,
    "the image's user is root or has no number, and the pod must not run as root",
  ],
];

/** F01, F21, F25: the runtime cannot make the container's first process, so there is no log of it. */
export const cannotStart: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const message = startProblem(container);
    if (message === undefined) return [];
    const meaning =
      meanings.find(([pattern]) => pattern.test(message))?.[1] ?? "the runtime refuses to start it";
    return containerFinding("TF1513", container, {
      what: `${container.name} cannot start: ${meaning}.`,
      evidence: [fact("status", podRef(container.pod, container.name), message)],
    });
  });

/** The runtime's complaint; undefined where it has none. A missing Secret or ConfigMap is another check's matter. */
export function startProblem(container: Container): string | undefined {
  const { waiting } = container.status.state ?? {};
  if (waiting && reasons.has(waiting.reason ?? "")) {
    return /not found$|couldn't find key/.test(waiting.message ?? "") &&
      waiting.reason?.endsWith("ConfigError")
      ? undefined
      : (waiting.message ?? waiting.reason);
  }
  const exit = lastExit(container);
  return exit?.reason === "StartError" || exit?.reason === "ContainerCannotRun"
    ? (exit.message ?? exit.reason)
    : undefined;
}
