/** Both deployers give the cluster the same objects: the same namespace and Secrets, the same chart with the same values. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { baseObjects, valueFiles } from "../../../../cli/deployers/helm.ts";
import { currentTarget } from "../../../../cli/deployers/target.ts";
import { parseStackConfig } from "../../../../components/stackConfig.ts";
import { repoRoot } from "../../../../local/paths.ts";
import {
  prepared,
  prodConfig,
  type Registered,
  runProgram,
  stackFileConfig,
} from "../../../support/program.ts";

const { state } = vi.hoisted(() => ({
  state: `${process.env.TMPDIR ?? "/tmp"}/taskflow-same-${process.pid}`,
}));
vi.mock("../../../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../../../local/paths.ts")>()),
  stateDir: state,
}));
afterAll(() => rmSync(state, { recursive: true, force: true }));

const generated = "canary-of-the-auth-secret-0123456";
const secretKeys = ["databaseUrl", "betterAuthSecret", "openaiApiKey"] as const;

function target(stack: string, raw: Record<string, string>) {
  const bare = Object.entries(raw).map(([key, value]) => [key.replace("taskflow:", ""), value] as const);
  const configured = Object.fromEntries(secretKeys.map((key) => [key, `taskflow:${key}` in raw]));
  const config = parseStackConfig(
    stack,
    Object.fromEntries(bare),
    configured as Record<(typeof secretKeys)[number], boolean>,
  );
  return currentTarget({ name: stack, config, secrets: {} }, () => prepared)();
}

const only = (resources: Registered[], type: string) =>
  resources.filter((one) => one.type === type).map(({ inputs }) => inputs);

/** Secret inputs travel in a wrapper with Pulumi's mark; what is in it goes to the cluster. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_key, one) => one?.value ?? one);

describe.each([
  ["dev", stackFileConfig("dev")],
  ["prod", prodConfig as Record<string, string>],
])("%s", (stack, raw) => {
  let resources: Registered[];
  beforeAll(async () => {
    const secrets = secretKeys.map((key) => `taskflow:${key}`).filter((key) => key in raw);
    resources = (await runProgram(stack, raw, secrets)).resources;
  });

  test("namespace and Secrets", () => {
    const openaiApiKey = raw["taskflow:openaiApiKey"];
    const helm = baseObjects("todo-app", {
      databaseUrl: raw["taskflow:databaseUrl"] ?? prepared.database.url,
      betterAuthSecret: raw["taskflow:betterAuthSecret"] ?? generated,
      ...(openaiApiKey ? { openaiApiKey } : {}),
    });
    const pulumi = [
      ...only(resources, "kubernetes:core/v1:Namespace"),
      ...only(resources, "kubernetes:core/v1:Secret"),
    ].map((inputs) => {
      const { stringData, ...rest } = plain(inputs) as { stringData?: Record<string, string> };
      const entries = Object.entries(stringData ?? {});
      const data = entries.map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
      return stringData ? { ...rest, data: Object.fromEntries(data) } : rest;
    });
    expect(pulumi).toEqual(helm);
  });

  test("the chart, its namespace and its values", async () => {
    const [chart] = only(resources, "kubernetes:helm.sh/v4:Chart") as [
      { chart: string; namespace: string; valueYamlFiles: { path: Promise<string> }[]; values: unknown },
    ];
    const [baseline, own] = (await valueFiles(target(stack, raw))) as [string, string];
    expect(join(repoRoot, chart.chart)).toBe(join(repoRoot, "charts/todo-app"));
    expect(chart.namespace).toBe("todo-app");
    const paths = await Promise.all(chart.valueYamlFiles.map(({ path }) => path));
    expect(paths.map((path) => join(repoRoot, path))).toEqual([baseline]);
    expect(chart.values).toEqual(JSON.parse(readFileSync(own, "utf8")));
  });
});
