import { describe, expect, test } from "vitest";
import { TaskFlowError } from "../../../aiops/kagent/codes/index.ts";
import { parseStackConfig } from "../../../components/stackConfig.ts";

const none = { databaseUrl: false, betterAuthSecret: false, openaiApiKey: false };
const prodSecrets = { ...none, databaseUrl: true, betterAuthSecret: true };

function problems(stack: string, raw: Record<string, unknown>, configured = none): TaskFlowError {
  try {
    parseStackConfig(stack, raw, configured);
  } catch (error) {
    if (error instanceof TaskFlowError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("parseStackConfig", () => {
  test("fills the defaults of the dev stack", () => {
    expect(parseStackConfig("dev", { environment: "dev" }, none)).toMatchObject({
      stack: "dev",
      cluster: "auto",
      namespace: "todo-app",
      hostPort: 3000,
      appUrl: "http://localhost:3000",
      replicas: { frontend: 1, backend: 1 },
      deployMode: "chart",
    });
  });

  test("the app's URL follows the host port", () => {
    expect(parseStackConfig("dev", { environment: "dev", hostPort: 3100 }, none).appUrl).toBe(
      "http://localhost:3100",
    );
  });

  test("reads what Pulumi hands out as strings like what the file holds", () => {
    const file = {
      environment: "dev",
      hostPort: 3100,
      replicas: { frontend: 2 },
      ingress: { enabled: true },
    };
    const strings = {
      environment: "dev",
      hostPort: "3100",
      replicas: '{"frontend":2}',
      ingress: '{"enabled":true}',
    };
    expect(parseStackConfig("dev", strings, none)).toEqual(parseStackConfig("dev", file, none));
  });

  test("tells every problem at once, each with the command that mends it", () => {
    const error = problems("dev", {
      environment: "dev",
      hostPort: "http",
      replicas: { backend: 4 },
      colour: "red",
      version: "latest",
    });
    expect(error.code).toBe("TF1001");
    expect(error.what).toBe("the configuration of stack dev has 4 problems");
    expect(error.detail.join("\n")).toContain("taskflow:hostPort");
    expect(error.detail.join("\n")).toContain("taskflow:replicas.backend");
    expect(error.fix).toEqual([
      "pulumi config set --stack dev taskflow:hostPort 3000",
      "pulumi config set --stack dev taskflow:version v1.0.0",
      "pulumi config set --stack dev --path taskflow:replicas.backend 1",
      "pulumi config rm --stack dev taskflow:colour",
    ]);
  });

  test.each([
    ["environment", "staging"],
    ["cluster", "gke"],
    ["cluster", "context:"],
    ["namespace", "Todo_App"],
    ["nodePort", 3000],
    ["nodePort", 32768],
    ["nodePort", "http"],
    ["nodePort", 30300.5],
    ["hostPort", 70000],
    ["version", "1.2.3"],
    ["registry", "https://ghcr.io/me"],
    ["aiModel", ""],
    ["appUrl", "ftp://example.com"],
    ["secretsRevision", "two"],
    ["deployMode", "helmfile"],
    ["keepImages", 0],
  ])("refuses %s = %s", (key, value) => {
    const error = problems("dev", { environment: "dev", [key]: value });
    expect(error.detail.join()).toContain(`taskflow:${key}:`);
    expect(error.fix[0]).toMatch(new RegExp(`^pulumi config set --stack dev .*taskflow:${key}`));
  });

  test.each([
    ["replicas", "backend", 0],
    ["replicas", "backend", 4],
    ["replicas", "frontend", "two"],
    ["replicas", "backends", 2],
    ["ingress", "enabled", "yes"],
    ["autoscaling", "maxReplicas", 4],
    ["autoscaling", "targetCpuPercent", 101],
    ["resources", "frontend", { limits: { cpu: "half" } }],
  ])("refuses %s.%s = %j", (key, part, value) => {
    const rest = key === "autoscaling" ? { enabled: true } : {};
    const error = problems("dev", { environment: "dev", [key]: { ...rest, [part]: value } });
    expect(error.detail).toEqual([expect.stringMatching(new RegExp(`^taskflow:${key}\\.${part}[.:]`))]);
    expect(error.fix).toEqual([
      expect.stringMatching(
        new RegExp(`^pulumi config (set|rm) --stack dev --path taskflow:${key}\\.${part}`),
      ),
    ]);
  });

  test.each([
    ["allowContexts", "prod", "pulumi config rm --stack dev taskflow:allowContexts"],
    ["allowContexts", [""], "pulumi config set --stack dev --path 'taskflow:allowContexts[0]' my-cluster"],
    ["replicas", 2, "pulumi config rm --stack dev taskflow:replicas"],
  ])("%s = %j is mended by %s", (key, value, mend) => {
    expect(problems("dev", { environment: "dev", [key]: value }).fix).toEqual([mend]);
  });

  test("prod wants its secrets, its cluster and its URL named", () => {
    const error = problems("prod", { environment: "prod" });
    expect(error.fix).toEqual([
      "pulumi config set --stack prod --secret taskflow:databaseUrl",
      "pulumi config set --stack prod --secret taskflow:betterAuthSecret",
      "pulumi config set --stack prod taskflow:cluster context:NAME",
      "pulumi config set --stack prod taskflow:appUrl https://todo.example.com",
    ]);
    const complete = { environment: "prod", cluster: "context:work", appUrl: "https://todo.example.com" };
    expect(parseStackConfig("prod", complete, prodSecrets).cluster).toBe("context:work");
  });

  test("never takes a secret's value into the configuration", () => {
    const config = parseStackConfig(
      "dev",
      { environment: "dev", databaseUrl: "postgresql://u:canary@h/d" },
      { ...none, databaseUrl: true },
    );
    expect(JSON.stringify(config)).not.toContain("canary");
    expect(config.configured.databaseUrl).toBe(true);
  });
});
