import { containerFinding, fact } from "./finding.ts";
import { rollbackOf } from "./history.ts";
import { type Container, containers, lastExit, podRef } from "./pods.ts";
import type { Check, Snapshot } from "./types.ts";

const reasons = new Set(["CreateContainerError", "RunContainerError", "CreateContainerConfigError"]);

/** What kernels, shells and runtimes say of a program for another CPU. */
export const wrongFormat = /exec format error/i;

/** [what the runtime said, what that means] */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/executable file not found|no such file or directory/i, "its command does not exist in the image"],
  [wrongFormat, "the image is built for another CPU architecture than the node's"],
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
      what: `${container.name} cannot start: ${meaning}${architecture(snapshot, container, message)}.`,
      evidence: [fact("status", podRef(container.pod, container.name), message)],
      proposals: rollbackOf(snapshot, container),
    });
  });

/** ` (arm64)` after a complaint about the program's format, where the node could be read. */
export function architecture(snapshot: Snapshot, { pod }: Container, message: string): string {
  const node = snapshot.around.nodes?.find(({ metadata }) => metadata?.name === pod.spec?.nodeName);
  const name = node?.status?.nodeInfo?.architecture;
  return name && wrongFormat.test(message) ? ` (${name})` : "";
}

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
