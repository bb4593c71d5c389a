import * as pulumi from "@pulumi/pulumi";
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import {
  parseStackConfig,
  type SecretKey,
  type StackConfig,
  secretEnvironment,
  secretKeys,
} from "./stackConfig.ts";

export interface ProgramConfig {
  config: StackConfig;
  /** Secret values of the environment or the stack's file; absent where not configured. */
  secrets: Readonly<Partial<Record<SecretKey, pulumi.Output<string>>>>;
}

/** Reads `taskflow:*` of the running stack. Throws TF1001 with every problem. */
export function readProgramConfig(): ProgramConfig {
  const namespace = "taskflow";
  const source = new pulumi.Config(namespace);
  const secrets = Object.fromEntries(
    secretKeys
      .map((key) => [key, given(key) ?? source.getSecret(key)] as const)
      .filter(([, value]) => value !== undefined),
  ) as ProgramConfig["secrets"];
  const raw = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(`${namespace}:`))
      .map(([key, value]) => [key.slice(namespace.length + 1), value]),
  );
  // `--cluster` of the command line, handed on.
  if (process.env.TASKFLOW_CLUSTER) raw.cluster = process.env.TASKFLOW_CLUSTER;
  const configured = Object.fromEntries(secretKeys.map((key) => [key, key in secrets])) as Record<
    SecretKey,
    boolean
  >;
  // Pulumi hands a secret out as text here, and as a secret output above.
  const readable = Object.fromEntries(
    secretKeys.map((key) => [key, process.env[secretEnvironment[key]] || raw[key]]),
  ) as Partial<Record<SecretKey, string>>;
  try {
    return { config: parseStackConfig(pulumi.getStack(), raw, configured, readable), secrets };
  } catch (error) {
    throw forPulumi(error);
  }
}

/** A secret that the environment holds for this run. */
function given(key: SecretKey): pulumi.Output<string> | undefined {
  const value = process.env[secretEnvironment[key]];
  return value ? pulumi.secret(value) : undefined;
}

/** An error as Pulumi shows it without a stack trace: what is wrong, and how to mend it. */
export function forPulumi(error: unknown): unknown {
  if (!(error instanceof TaskFlowError)) return error;
  const lines = [
    error.message,
    ...error.detail.map((line) => `  ${line}`),
    "mend it:",
    ...error.fix.map((line) => `  ${line}`),
  ];
  return new pulumi.RunError(lines.join("\n"));
}
