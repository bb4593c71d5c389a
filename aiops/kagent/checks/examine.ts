/** One diagnosis, from the API to the findings, with what was looked at and what could not be. */
import type { Api } from "./api.ts";
import { checks, diagnose, needs } from "./index.ts";
import { survey } from "./survey.ts";
import type { Finding, NotChecked, Snapshot } from "./types.ts";

/** As people and agents are told it. */
export type Unseen = Pick<NotChecked, "what" | "why">;

export interface Examination {
  namespace: string;
  takenAt: Date;
  /** Root causes first; none means that nothing was found in what was looked at. */
  findings: Finding[];
  /** Names of the checks that had all that they need. */
  checked: string[];
  /** Checks without what they need, and parts of the cluster that could not be read. */
  notChecked: Unseen[];
  /** Milliseconds. */
  elapsed: number;
}

export interface ExamineOptions {
  signal?: AbortSignal;
}

/**
 * Looks at a namespace and says what is wrong in it. Changes nothing.
 * @throws TaskFlowError TF1549 where there is no such namespace.
 * @throws what the API client throws where not even the pods can be read; the signal's reason when aborted.
 */
export async function examine(
  api: Api,
  namespace: string,
  { signal }: ExamineOptions = {},
): Promise<Examination> {
  const begin = performance.now();
  const snapshot = await survey(api, namespace, signal);
  const { checked, notChecked } = coverage(snapshot);
  return {
    namespace,
    takenAt: snapshot.takenAt,
    findings: diagnose(snapshot),
    checked,
    notChecked: [...notChecked, ...snapshot.notChecked].map(({ what, why }) => ({ what, why })),
    elapsed: Math.round(performance.now() - begin),
  };
}

/** Which checks had what they need, and why the others had not. */
export function coverage(snapshot: Snapshot): Pick<Examination, "checked" | "notChecked"> {
  const checked: string[] = [];
  const notChecked: Unseen[] = [];
  for (const name of Object.keys(checks)) {
    const missing = (needs[name] ?? []).find((kind) => snapshot.around[kind] === undefined);
    if (missing === undefined) checked.push(name);
    else {
      const unread = snapshot.notChecked.find(({ kind }) => kind === missing);
      const why = unread ? `${unread.what}: ${unread.why}` : `${missing} was not read`;
      notChecked.push({ what: `check ${name}`, why });
    }
  }
  return { checked, notChecked };
}
