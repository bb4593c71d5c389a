import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

const { root } = vi.hoisted(() => ({
  root: `${process.env.TMPDIR ?? "/tmp"}/taskflow-stacks-${process.pid}`,
}));
vi.mock("../../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../../local/paths.ts")>()),
  repoRoot: root,
}));
const { plainSecrets, readStack } = await import("../../../cli/stackFile.ts");

const dev = "config:\n  taskflow:environment: dev\n";
const write = (stack: string, text: string) => writeFileSync(`${root}/Pulumi.${stack}.yaml`, text);

beforeAll(() => void mkdirSync(root, { recursive: true }));
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

describe("readStack", () => {
  test("reads the keys of taskflow and nobody else's", async () => {
    write("dev", `${dev}  taskflow:hostPort: 3100\n  kubernetes:context: other\nencryptionsalt: v1:x\n`);
    const { name, config, secrets } = await readStack({ stack: "dev" });
    expect(name).toBe("dev");
    expect(config).toMatchObject({ environment: "dev", hostPort: 3100 });
    expect(config.configured).toEqual({ databaseUrl: false, betterAuthSecret: false, openaiApiKey: false });
    expect(secrets).toEqual({});
  });

  test("an unknown stack is told with those there are", async () => {
    write("dev", dev);
    await expect(readStack({ stack: "staging" })).rejects.toMatchObject({
      code: "TF1002",
      what: "there is no Pulumi.staging.yaml; stacks here: dev",
    });
  });

  test("a file that is no YAML", async () => {
    write("dev", "config: [\n");
    await expect(readStack({ stack: "dev" })).rejects.toMatchObject({
      code: "TF1001",
      fix: ["git diff Pulumi.dev.yaml"],
    });
  });

  test("an empty file is a configuration without its environment", async () => {
    write("dev", "");
    await expect(readStack({ stack: "dev" })).rejects.toMatchObject({
      code: "TF1001",
      fix: ["pulumi config set --stack dev taskflow:environment dev"],
    });
  });
});

describe("secrets", () => {
  const encrypted = `${dev}  taskflow:databaseUrl:\n    secure: v1:abc\n`;

  test("come from the environment, which counts as configured", async () => {
    write("dev", dev);
    vi.stubEnv("TASKFLOW_DATABASE_URL", "postgresql://u:p@db/todo");
    const stack = await readStack({ stack: "dev" });
    expect(stack.config.configured).toMatchObject({ databaseUrl: true, betterAuthSecret: false });
    expect(plainSecrets(stack)).toEqual({ databaseUrl: "postgresql://u:p@db/todo" });
  });

  test.each([
    [
      "TASKFLOW_BETTER_AUTH_SECRET",
      "ref+vault://canary/x#/y",
      /taskflow:betterAuthSecret: is a ref\+ reference/,
    ],
    ["TASKFLOW_OPENAI_API_KEY", "secretref+file://canary", /taskflow:openaiApiKey: is a ref\+ reference/],
    [
      "TASKFLOW_BETTER_AUTH_SECRET",
      "canary",
      /taskflow:betterAuthSecret: has 6 characters, needs at least 32/,
    ],
  ])("%s=%s is refused, without being told", async (name, value, message) => {
    write("dev", dev);
    vi.stubEnv(name, value);
    const error = await readStack({ stack: "dev" }).catch((caught) => caught);
    expect(error).toMatchObject({ code: "TF1001", detail: [expect.stringMatching(message)] });
    expect(JSON.stringify([error.message, error.detail, error.fix])).not.toContain("canary");
    expect(error.fix[0]).toMatch(new RegExp(`pulumi config set --stack dev --secret .* export ${name}=`));
  });

  test("an empty variable is none", async () => {
    write("dev", dev);
    vi.stubEnv("TASKFLOW_DATABASE_URL", "");
    expect((await readStack({ stack: "dev" })).config.configured.databaseUrl).toBe(false);
  });

  test("one that only Pulumi can read is not left out in silence", async () => {
    write("dev", encrypted);
    const stack = await readStack({ stack: "dev" });
    expect(stack.config.configured.databaseUrl).toBe(true);
    expect(() => plainSecrets(stack)).toThrow(/taskflow:databaseUrl/);
    try {
      plainSecrets(stack);
    } catch (error) {
      expect(error).toMatchObject({ code: "TF1001", fix: ["export TASKFLOW_DATABASE_URL=..."] });
    }
  });

  test("the environment stands in for one that is encrypted", async () => {
    write("dev", encrypted);
    vi.stubEnv("TASKFLOW_DATABASE_URL", "postgresql://u:p@db/todo");
    expect(plainSecrets(await readStack({ stack: "dev" }))).toEqual({
      databaseUrl: "postgresql://u:p@db/todo",
    });
  });
});
