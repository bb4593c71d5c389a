import { describe, expect, test, vi } from "vitest";
import { prepared, type Registered, runProgram, stackFileConfig } from "../../support/program.ts";

const chartType = "kubernetes:helm.sh/v4:Chart";
const of = (resources: Registered[], type: string) => resources.filter((resource) => resource.type === type);

describe("the Pulumi program, dev", () => {
  test("builds and delivers both images under tags of their content", async () => {
    const { resources } = await runProgram("dev", stackFileConfig("dev"));
    const images = of(resources, "docker:index/image:Image");
    expect(images.map(({ inputs }) => inputs.imageName)).toEqual([
      expect.stringMatching(/^todo-frontend:v1\.0\.0-[0-9a-f]{12}$/),
      expect.stringMatching(/^todo-backend:v1\.0\.0-[0-9a-f]{12}$/),
    ]);
    const delivered = of(resources, "pulumi-nodejs:dynamic/taskflow:NodeImage");
    expect(delivered.map(({ inputs }) => inputs.imageId)).toEqual([
      "sha256:id-of-frontend",
      "sha256:id-of-backend",
    ]);
  });

  test("hands the chart names of Secrets and no secret", async () => {
    const { resources } = await runProgram("dev", stackFileConfig("dev"));
    const [chart] = of(resources, chartType);
    expect(JSON.stringify(chart)).not.toContain("canary");
    expect(chart?.inputs.values).toMatchObject({
      existingSecret: { frontend: "frontend-secrets", backend: "backend-secrets" },
      env: { databaseUrl: "", betterAuthSecret: "" },
    });
  });

  test("puts the database URL and one generated auth secret into both Secrets", async () => {
    const { resources } = await runProgram("dev", stackFileConfig("dev"));
    const secrets = of(resources, "kubernetes:core/v1:Secret");
    expect(secrets).toHaveLength(2);
    for (const { inputs } of secrets) {
      // Secret inputs travel wrapped, with Pulumi's mark on them.
      expect(JSON.stringify(inputs)).toContain(prepared.database.url);
      expect(JSON.stringify(inputs)).toContain("canary-of-the-auth-secret");
      expect(JSON.stringify(inputs)).toContain("4dabf18193072939515e22adb298388d");
    }
  });

  test("a secret of the environment wins over the stack's file and over a generated one, and stays marked", async () => {
    vi.stubEnv("TASKFLOW_DATABASE_URL", "postgresql://u:canary-of-the-environment@db/todo");
    try {
      const { resources } = await runProgram("dev", stackFileConfig("dev"));
      const secrets = of(resources, "kubernetes:core/v1:Secret");
      expect(secrets).toHaveLength(2);
      for (const { inputs } of secrets) {
        expect(JSON.stringify(inputs)).toContain("canary-of-the-environment");
        expect(JSON.stringify(inputs)).not.toContain(prepared.database.url);
      }
      const others = resources.filter(({ type }) => type !== "kubernetes:core/v1:Secret");
      expect(JSON.stringify(others)).not.toContain("canary-of-the-environment");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("exports where it answers", async () => {
    const { outputs } = await runProgram("dev", stackFileConfig("dev"));
    expect(outputs).toMatchObject({
      frontendUrl: "http://localhost:3000",
      backendUrl: "http://backend-service.todo-app.svc.cluster.local:8000",
      namespace: "todo-app",
      release: "todo-local",
      portForward: { frontend: expect.stringContaining("port-forward svc/frontend-service 3000:3000") },
    });
  });

  test("deployMode release makes one Helm release whose description carries the chart's hash", async () => {
    const { resources } = await runProgram("dev", {
      ...stackFileConfig("dev"),
      "taskflow:deployMode": "release",
    });
    expect(of(resources, chartType)).toEqual([]);
    const [release] = of(resources, "kubernetes:helm.sh/v3:Release");
    expect(release?.inputs.description).toMatch(/^chart [0-9a-f]{12}$/);
  });

  test("with a registry the images are pushed and none is loaded", async () => {
    const { resources } = await runProgram("dev", {
      ...stackFileConfig("dev"),
      "taskflow:registry": "ghcr.io/me",
    });
    expect(of(resources, "pulumi-nodejs:dynamic/taskflow:NodeImage")).toEqual([]);
    const [image] = of(resources, "docker:index/image:Image");
    expect(image?.inputs).toMatchObject({
      skipPush: false,
      imageName: expect.stringMatching(/^ghcr\.io\/me\/todo-frontend:/),
    });
  });

  test("a wrong configuration stops it before any resource, with the mending command", async () => {
    await expect(
      runProgram("dev", { ...stackFileConfig("dev"), "taskflow:hostPort": "http" }),
    ).rejects.toThrow(/TF1001.*\n[\s\S]*pulumi config set --stack dev taskflow:hostPort 3000/);
  });
});
