/** One fault of the catalogue: how it comes about, when the API shows it, and what the right answer is. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Action } from "../../../aiops/kagent/checks/proposal.ts";
import type { Finding } from "../../../aiops/kagent/checks/types.ts";
import type { Code } from "../../../aiops/kagent/codes/index.ts";
import { kubectl, kubectlWith, object } from "../../support/cluster.ts";

/** The interpreter in the backend's image: what the faults' own programs are written for. */
export const python = "/app/.venv/bin/python";

export interface Problem {
  /** The catalogue's number: `F05`. Several problems may share one. */
  id: string;
  what: string;
  /** Brings the fault about in the deployed app. */
  inject(): Promise<unknown>;
  /**
   * Does the API show it yet? Asked by kubectl, not by the engine that is measured; `since`, in milliseconds since 1970,
   * is when it was brought about. Default: at once.
   */
  shows?: (since: number) => Promise<boolean>;
  code: Code;
  /** The object that the root cause is about. */
  root: { kind: string; name: RegExp };
  /** The action of the plan that mends it, where there is one. */
  mend?: Action;
  /** What putting the namespace's objects back does not undo. */
  restore?: () => Promise<unknown>;
}

/** Puts an object beside the app's own. */
export async function add(what: Record<string, unknown>, namespace = "todo-app"): Promise<void> {
  await kubectlWith(JSON.stringify(what), "apply", "--namespace", namespace, "--filename", "-");
}

export const backendImage = async (): Promise<string> =>
  (await object("deployment", "backend")).spec.template.spec.containers[0].image;

/** Until it holds. @throws where it does not within so many seconds. */
export async function until(holds: () => Promise<boolean>, what: string, seconds = 120): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(250);
  }
}

/** What the diagnosis calls a root cause: nothing else that was found led to it. */
export const roots = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ causedBy }) => !causedBy);

type Patch = Record<string, unknown>;

/** Changes an object by a strategic merge. */
export const patch = (kind: string, name: string, change: Patch) =>
  kubectl("patch", kind, name, "--patch", JSON.stringify(change));

/** Changes fields of a Deployment's container; `pod` those of its pods. The Deployment's own name by default. */
export const patchPod = (name: "backend" | "frontend", container: Patch, pod: Patch = {}, spec: Patch = {}) =>
  patch("deployment", name, {
    spec: { ...spec, template: { spec: { ...pod, containers: [{ name, ...container }] } } },
  });

/** Replaces the value at a JSON pointer. */
export const set = (kind: string, name: string, pointer: string, value: unknown) =>
  kubectl(
    "patch",
    kind,
    name,
    "--type",
    "json",
    "--patch",
    JSON.stringify([{ op: "replace", path: pointer, value }]),
  );

/** What makes a container run this text in place of the app. */
export const program = (text: string) => ({ command: [python, "-c", text], args: [] });

/** The backend as a program that says something and ends. */
export const ends = (line: string) =>
  patchPod("backend", program(`raise SystemExit(${JSON.stringify(line)})`));

export const restart = (name: string) => kubectl("rollout", "restart", `deployment/${name}`);

/** Does the JSON of some objects match, e.g. a state that pods of one component show? */
export const seen =
  (pattern: RegExp, ...args: string[]) =>
  async (): Promise<boolean> =>
    pattern.test(await kubectl("get", ...args, "--output", "json"));

/** Do the component's pods show it in their status? */
export const podsShow = (app: string, pattern: RegExp) => seen(pattern, "pods", "--selector", `app=${app}`);

/** Has a warning of this kind come since? */
export const warned =
  (pattern: RegExp) =>
  async (since: number): Promise<boolean> => {
    const { items } = JSON.parse(await kubectl("get", "events", "--output", "json")) as {
      items: { message?: string; reason?: string; lastTimestamp?: string; eventTime?: string }[];
    };
    return items.some(
      ({ message = "", reason = "", lastTimestamp, eventTime }) =>
        pattern.test(`${reason} ${message}`) && Date.parse(lastTimestamp ?? eventTime ?? "") >= since - 1000,
    );
  };
