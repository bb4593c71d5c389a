/** One examination of a namespace: the wide look, and what the checks find in it. */
import type { Api } from "./api.ts";
import { checks, diagnose } from "./index.ts";
import { survey } from "./survey.ts";
import type { Finding, NotChecked } from "./types.ts";

export interface Examination {
  namespace: string;
  takenAt: Date;
  /** Root causes first. */
  findings: Finding[];
  /** Names of the checks that ran. */
  checked: string[];
  notChecked: NotChecked[];
  /** Milliseconds. */
  elapsed: number;
}

/** @throws what the API client throws where not even the pods can be read; an abort of `signal`. */
export async function examine(
  api: Api,
  namespace: string,
  options: { signal?: AbortSignal } = {},
): Promise<Examination> {
  const started = performance.now();
  const snapshot = await survey(api, namespace, options.signal);
  return {
    namespace,
    takenAt: snapshot.takenAt,
    findings: diagnose(snapshot),
    checked: Object.keys(checks),
    notChecked: snapshot.notChecked,
    elapsed: Math.round(performance.now() - started),
  };
}
