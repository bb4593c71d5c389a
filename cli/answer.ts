import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import { shown } from "./deployers/target.ts";
import type { Target } from "./deployers/types.ts";
import type { Step } from "./ui/steps.ts";

/** The last step of a deployment. */
export function answerStep(target: () => Target): Step {
  return {
    title: "The app answers",
    skip: () =>
      target().prepared.address.frontendUrl ? undefined : "this cluster is reached by a port-forward",
    run: (_report, { signal }) => waitForAnswer(shown(target()).frontendUrl, signal),
  };
}

/** Waits, at most `seconds`, until the frontend answers at its URL. */
export async function waitForAnswer(url: string, signal: AbortSignal, seconds = 20): Promise<string> {
  const until = Date.now() + seconds * 1000;
  let last = "no answer";
  while (Date.now() < until) {
    signal.throwIfAborted();
    try {
      const response = await fetch(new URL("/api/health/ready", url), {
        signal: AbortSignal.any([signal, AbortSignal.timeout(2000)]),
      });
      if (response.ok) return url;
      last = `HTTP ${response.status}`;
    } catch (error) {
      signal.throwIfAborted();
      const { cause, message } = error as Error & { cause?: Error };
      last = cause?.message ?? message;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new TaskFlowError("TF1511", {
    what: `the pods are ready, but ${url} did not answer within ${seconds} s: ${last}`,
    values: { component: "frontend", url },
  });
}
