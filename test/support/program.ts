/** Runs index.ts under Pulumi's mocks and returns every resource that it registers, with its inputs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";
import { parse } from "yaml";
import { repoRoot } from "../../local/paths.ts";
import type { Prepared } from "../../local/prepare.ts";

export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

export interface ProgramRun {
  resources: Registered[];
  outputs: Record<string, unknown>;
}

/** What a laptop would have prepared; values are made up but of the right shape. */
export const prepared: Prepared = {
  bases: {
    nodeBuild: "example/node-build@sha256:11",
    nodeRuntime: "example/cc@sha256:22",
    pythonBuild: "example/python-build@sha256:33",
    pythonRuntime: "example/python@sha256:44",
  },
  clusterName: "taskflow-test",
  choice: "embedded",
  access: { kubeconfig: "/state/kubeconfig", context: "taskflow-test" },
  address: {
    frontendUrl: "http://localhost:3000",
    hostFromPods: "172.17.0.1",
    podSourceCidrs: ["172.17.0.0/16"],
  },
  database: {
    url: "postgresql://taskflow:canary-of-the-database@172.17.0.1:54000/taskflow",
    revision: "abcd1234",
  },
};

/** The committed file of a stack as Pulumi would hand it out: every value a string. */
export function stackFileConfig(stack: string): Record<string, string> {
  const document = parse(readFileSync(join(repoRoot, `Pulumi.${stack}.yaml`), "utf8"));
  return Object.fromEntries(
    Object.entries(document.config as Record<string, unknown>).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** @param config `namespace:key` -> value, as `pulumi config` would set them. @param secrets the keys that are secret. */
export async function runProgram(
  stack: string,
  config: Record<string, string>,
  secrets: string[] = [],
  local: Prepared = prepared,
): Promise<ProgramRun> {
  vi.resetModules();
  vi.doMock("../../local/prepare.ts", () => ({ prepare: async () => local }));
  const sdk = await import("@pulumi/pulumi");
  const resources: Registered[] = [];
  await sdk.runtime.setMocks(
    {
      newResource(args) {
        resources.push({ type: args.type, name: args.name, inputs: args.inputs });
        const state: Record<string, unknown> = { ...args.inputs };
        if (args.type === "docker:index/image:Image") state.repoDigest = `sha256:id-of-${args.name}`;
        if (args.type === "random:index/randomPassword:RandomPassword")
          state.result =
            args.name === "approval-key" ? "canary-of-the-approval-key" : "canary-of-the-auth-secret-0123456";
        return { id: `${args.name}-id`, state };
      },
      call: (args) => args.inputs,
    },
    "taskflow",
    stack,
    false,
  );
  sdk.runtime.setAllConfig(config, secrets);
  const program = await import("../../index.ts");
  const outputs: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(program)) outputs[key] = await resolved(sdk, value);
  await new Promise((resolve) => setImmediate(resolve));
  await sdk.runtime.disconnect();
  return { resources, outputs };
}

async function resolved(sdk: typeof pulumi, value: unknown): Promise<unknown> {
  return new Promise((resolve) => (sdk.output(value) as pulumi.Output<unknown>).apply(resolve));
}

/** The prod stack as somebody would have configured it, as its file asks. */
export const prodConfig = {
  ...stackFileConfig("prod"),
  "taskflow:cluster": "context:prod",
  "taskflow:registry": "registry.example.com/team",
  "taskflow:appUrl": "https://todo.example.com",
  "taskflow:databaseUrl": "postgresql://app:canary-of-the-database@db.example.com/todo",
  "taskflow:betterAuthSecret": "canary-of-the-auth-secret-0123456",
  "taskflow:openaiApiKey": "canary-of-the-api-key",
};
