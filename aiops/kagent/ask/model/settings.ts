/** Which model phrases the answers, from the environment. */
import { TaskFlowError } from "../../codes/index.ts";

export interface ModelSettings {
  /** Ends before `/chat/completions`, without a slash. */
  baseUrl: string;
  /** Undefined for an endpoint that wants none, e.g. one on this machine. */
  apiKey: string | undefined;
  model: string;
}

const openAi = "https://api.openai.com/v1";

/**
 * OPENAI_API_KEY, OPENAI_BASE_URL and AI_MODEL; undefined where neither a key nor an address is set: there is no model.
 * @param defaultModel where AI_MODEL is not set.
 * @throws TaskFlowError TF1808 where they cannot be used.
 */
export function modelSettings(
  environment: Readonly<Record<string, string | undefined>>,
  defaultModel: string,
): ModelSettings | undefined {
  const apiKey = environment.OPENAI_API_KEY?.trim() || undefined;
  const address = environment.OPENAI_BASE_URL?.trim() || undefined;
  if (apiKey === undefined && address === undefined) return undefined;
  const url = URL.parse(address ?? openAi);
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new TaskFlowError("TF1808", { what: "OPENAI_BASE_URL is no http or https address" });
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new TaskFlowError("TF1808", {
      what: "OPENAI_BASE_URL holds a user, a password or a query; the key belongs in OPENAI_API_KEY",
    });
  }
  if (url.protocol === "http:" && apiKey !== undefined && !isThisMachine(url.hostname)) {
    throw new TaskFlowError("TF1808", {
      what: `OPENAI_BASE_URL (${url.host}) is not https, so the key would go there unencrypted`,
    });
  }
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TaskFlowError("TF1808", { what: "OPENAI_API_KEY has characters that no key has" });
  }
  return {
    baseUrl: url.href.replace(/\/+$/, ""),
    apiKey,
    model: environment.AI_MODEL?.trim() || defaultModel,
  };
}

const isThisMachine = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
