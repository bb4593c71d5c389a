import type { CodeEntry } from "./types.ts";

const example = 'npm run ask -- "Why is the backend pod crashing?"';

/** TF18xx: `npm run ask`: what was asked for, and the model that may phrase an answer. */
export const ask = {
  TF1802: {
    title: "no question asked",
    cause: "`npm run ask` needs a question behind `--`, in quotes.",
    fix: [example],
  },
  TF1803: {
    title: "question cannot be answered",
    cause:
      "Without a model only English questions about this namespace can be answered, and nothing is changed by asking.",
    fix: [example, "npm run diagnose"],
  },
  TF1804: {
    title: "model refuses the key",
    cause: "The model's endpoint does not accept OPENAI_API_KEY, or the key has no right to this model.",
    fix: ["export OPENAI_API_KEY=KEY", "npm run ask -- --no-model QUESTION"],
  },
  TF1805: {
    title: "model limits requests",
    cause:
      "The model's endpoint takes no more requests for now: too many in a short time, or no credit left.",
    fix: ["# wait a minute, or look at the account's limits", "npm run ask -- --no-model QUESTION"],
  },
  TF1806: {
    title: "model does not answer",
    cause: "The model's endpoint cannot be reached, is too slow, or has a failure of its own.",
    fix: ["echo $OPENAI_BASE_URL", "npm run ask -- --no-model QUESTION"],
  },
  TF1807: {
    title: "model's answer not usable",
    cause:
      "The answer was no valid response, cited nothing or something that it was not given, or told to run a command that no finding gives.",
    fix: ["# try again, or set AI_MODEL to a larger model", "npm run ask -- --no-model QUESTION"],
  },
  TF1808: {
    title: "model settings wrong",
    cause: "OPENAI_BASE_URL, OPENAI_API_KEY or AI_MODEL does not fit the endpoint.",
    fix: [
      "export OPENAI_BASE_URL=https://api.openai.com/v1 AI_MODEL=gpt-4o-mini",
      "npm run ask -- --no-model QUESTION",
    ],
  },
} as const satisfies Record<string, CodeEntry>;
