import type { Code } from "../codes/index.ts";
import { containerFinding, logEvidence } from "./finding.ts";
import { containers, logOf, podRef } from "./pods.ts";
import type { Check } from "./types.ts";

/** Is a line about a model's API at all? A 429 or a timeout can be anybody's. */
const aboutModel =
  /openai|anthropic|\bgemini\b|\bllm\b|chat[_/. ]?completions?|\bai[_ -]?(?:provider|model)\b|insufficient_quota|invalid_api_key/i;

/** [code, what the provider or its client said, what that means]; first match wins. */
const rules: readonly (readonly [Code, RegExp, string])[] = [
  [
    "TF1543",
    /invalid_api_key|incorrect api key|AuthenticationError|\b401\b|unauthorized/i,
    "refuses the API key",
  ],
  ["TF1544", /insufficient_quota|exceeded your current quota/i, "says that the account's quota is used up"],
  ["TF1544", /rate.?limit|RateLimitError|too many requests|\b429\b/i, "limits how often it may be asked"],
  ["TF1544", /timed? ?out|timeout|ETIMEDOUT|deadline exceeded/i, "does not answer in time"],
  ["TF1544", /overloaded|\b50[0234]\b|\b529\b|service unavailable/i, "is overloaded or out of order"],
];

/** F22, F26: the AI provider refuses or does not answer. The rest of the app goes on, so this is a warning. */
export const aiProvider: Check = (snapshot) =>
  containers(snapshot).flatMap((container) => {
    const said = lastComplaint(logOf(snapshot, container));
    if (!said) return [];
    return containerFinding(said.code, container, {
      what: `${container.name} gets no answers from its AI provider, which ${said.meaning}; the rest of the app is not affected.`,
      severity: "warning",
      definite: said.code === "TF1543" || said.meaning.includes("quota"),
      evidence: [logEvidence(podRef(container.pod, container.name), [said.line])],
    });
  });

function lastComplaint(lines: readonly string[]) {
  for (const line of [...lines].reverse()) {
    if (!aboutModel.test(line)) continue;
    const rule = rules.find(([, words]) => words.test(line));
    if (rule) return { code: rule[0], meaning: rule[2], line };
    // A call that went well afterwards: the trouble is over.
    if (/\b200\b/.test(line)) return undefined;
  }
  return undefined;
}
