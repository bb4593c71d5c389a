/** Reads Pulumi.<stack>.yaml without Pulumi's CLI, for the verbs that do not need it and for the Helm deployer. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import {
  parseStackConfig,
  type SecretKey,
  type StackConfig,
  secretEnvironment,
  secretKeys,
} from "../components/stackConfig.ts";
import { repoRoot } from "../local/paths.ts";
import { readDeployment } from "./deployment.ts";
import type { StackOptions } from "./options.ts";

export interface Stack {
  name: string;
  config: StackConfig;
  /**
   * Secrets that can be read without decrypting: from the environment (TASKFLOW_DATABASE_URL and so on).
   * A `secure:` value of the file can only be read by Pulumi.
   */
  secrets: Readonly<Partial<Record<SecretKey, string>>>;
}

/** The stacks that have a file. */
export async function stackNames(): Promise<string[]> {
  const names = (await readdir(repoRoot)).map((entry) => /^Pulumi\.(.+)\.yaml$/.exec(entry)?.[1]);
  return names.filter((name) => name !== undefined);
}

/**
 * The stack as it is asked for: its file, with the cluster of the command line where one is given, and else with the
 * cluster where it is deployed already.
 * @throws TF1002 for a stack without a file, TF1001 for a file with errors in it.
 */
export async function readStack({ stack: name, cluster }: StackOptions): Promise<Stack> {
  const file = `Pulumi.${name}.yaml`;
  let text: string;
  try {
    text = await readFile(join(repoRoot, file), "utf8");
  } catch {
    const stacks = (await stackNames()).join(", ");
    throw new TaskFlowError("TF1002", { what: `there is no ${file}; stacks here: ${stacks}` });
  }
  let document: { config?: Record<string, unknown> } | null;
  try {
    document = parse(text);
  } catch (error) {
    throw new TaskFlowError("TF1001", {
      what: `${file} is not YAML: ${(error as Error).message.split("\n")[0]}`,
      values: { fix: `git diff ${file}` },
      cause: error,
    });
  }
  const entries = Object.entries(document?.config ?? {})
    .filter(([key]) => key.startsWith("taskflow:"))
    .map(([key, value]) => [key.slice("taskflow:".length), value] as const);
  const secrets = Object.fromEntries(
    secretKeys
      .map((key) => [key, process.env[secretEnvironment[key]]] as const)
      .filter((entry): entry is [SecretKey, string] => Boolean(entry[1])),
  );
  const inFile = new Set(entries.map(([key]) => key));
  const configured = Object.fromEntries(secretKeys.map((key) => [key, inFile.has(key) || key in secrets]));
  const raw = { ...Object.fromEntries(entries), ...(cluster ? { cluster } : {}) };
  const config = parseStackConfig(name, raw, configured as Record<SecretKey, boolean>, secrets);
  const there = config.cluster === "auto" ? (await readDeployment(name))?.cluster : undefined;
  return { name, config: there ? { ...config, cluster: there } : config, secrets };
}

/** The secrets as plain text, for a deployer without Pulumi. Throws TF1001 where one is only in the file, encrypted. */
export function plainSecrets(stack: Stack): Stack["secrets"] {
  const locked = secretKeys.filter((key) => stack.config.configured[key] && !(key in stack.secrets));
  if (locked.length > 0) {
    throw new TaskFlowError("TF1001", {
      what: `${locked.map((key) => `taskflow:${key}`).join(", ")} can be read only by Pulumi; Helm needs the value in the environment`,
      values: { fix: locked.map((key) => `export ${secretEnvironment[key]}=...`).join("\n") },
    });
  }
  return stack.secrets;
}
