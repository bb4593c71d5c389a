/** What goes wrong gives one screen: a stable code, what happened, and the command that mends it. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorJson } from "../../cli/ui/error.ts";
import { chooseCluster } from "../../local/clusters/index.ts";
import { docker, dockerClient } from "../../local/docker.ts";
import { checkoutId, repoRoot } from "../../local/paths.ts";
import { type CliResult, succeeds, taskflow } from "../support/cli.ts";
import { kubectl, object } from "../support/cluster.ts";

const chosen = { TASKFLOW_CLUSTER: "embedded", TASKFLOW_DEPLOYER: "helm" };

async function fails(args: string[], env: Record<string, string> = {}): Promise<CliResult & ErrorJson> {
  const result = await taskflow([...args, "--json"], { ...chosen, ...env });
  expect(result.exitCode, result.stderr).not.toBe(0);
  const { error } = JSON.parse(result.stdout) as { error: ErrorJson };
  expect(error.fix.length, "no mending command").toBeGreaterThan(0);
  expect(error.exitCode).toBe(result.exitCode);
  return { ...result, ...error };
}

/** A docker in front of the real one that does something else for one command. */
async function fakeDocker(word: string, does: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "docker-"));
  const { path } = await dockerClient();
  await writeFile(
    join(folder, "docker"),
    `#!/bin/sh\nfor argument in "$@"; do [ "$argument" = "${word}" ] && { ${does}; }; done\nexec '${path}' "$@"\n`,
  );
  await chmod(join(folder, "docker"), 0o755);
  return `${folder}:${process.env.PATH}`;
}

describe("before anything is started", () => {
  test("unknown stack", async () => {
    const error = await fails(["up", "--stack", "staging"]);
    expect(error).toMatchObject({
      code: "TF1002",
      exitCode: 2,
      what: expect.stringContaining("Pulumi.staging.yaml"),
    });
  });

  test("wrong type in the stack's file", async () => {
    const file = join(repoRoot, "Pulumi.broken.yaml");
    await writeFile(
      file,
      "config:\n  taskflow:environment: dev\n  taskflow:hostPort: http\n  taskflow:replicas:\n    frontend: two\n",
    );
    try {
      const error = await fails(["up", "--stack", "broken"]);
      expect(error).toMatchObject({ code: "TF1001", exitCode: 2 });
      expect(error.fix).toEqual([
        "pulumi config set --stack broken taskflow:hostPort 3000",
        "pulumi config set --stack broken --path taskflow:replicas.frontend 1",
      ]);
    } finally {
      await rm(file);
    }
  });

  test("prod without its secrets", async () => {
    const error = await fails(["up", "--stack", "prod"]);
    expect(error.code).toBe("TF1001");
    expect(error.fix).toContain("pulumi config set --stack prod --secret taskflow:databaseUrl");
  });

  test("Docker stopped", async () => {
    const error = await fails(["up"], { DOCKER_HOST: "unix:///nonexistent/docker.sock" });
    expect(error).toMatchObject({ code: "TF1101", exitCode: 3 });
  });

  test("port taken", async () => {
    await taskflow(["destroy"], chosen);
    const server = createServer().listen(3000, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      const error = await fails(["up"]);
      expect(error).toMatchObject({ code: "TF1107", exitCode: 3, what: expect.stringContaining("3000") });
    } finally {
      server.close();
    }
  });
});

describe("on the way up and afterwards", () => {
  beforeAll(async () => {
    await succeeds(["up"], chosen);
  });

  test("disk full while building", async () => {
    const PATH = await fakeDocker(
      "production",
      "echo 'write /var/lib/docker/tmp/x: no space left on device' >&2; exit 1",
    );
    const { stdout } = await docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "todo-backend"]);
    for (const ref of stdout.split("\n").filter(Boolean)) await docker(["image", "rm", "--force", ref]);
    const error = await fails(["up"], { PATH });
    expect(error).toMatchObject({ code: "TF1103" });
    await succeeds(["up"], chosen);
  });

  test("an image that does not load", async () => {
    const cluster = await chooseCluster("embedded");
    for (const ref of await cluster.listImages("todo-backend")) await cluster.removeImage(ref);
    // Exits 0 without having sent anything, as some loaders do.
    const PATH = await fakeDocker("push", "exit 0");
    const error = await fails(["up"], { PATH });
    expect(error).toMatchObject({
      code: expect.stringMatching(/^TF120[34]$/),
      what: expect.stringContaining("todo-backend"),
    });
    await succeeds(["up"], chosen);
  });

  test("a DATABASE_URL that nobody can use is told before anything is deployed", async () => {
    const wrong = await databaseUrl();
    wrong.password = "not-the-password";
    wrong.hostname = "127.0.0.1";
    const error = await fails(["up"], { TASKFLOW_DATABASE_URL: wrong.href });
    expect(error).toMatchObject({ code: "TF1414", exitCode: 3 });
    expect(`${error.stdout}${error.stderr}`).not.toContain("not-the-password");
  });

  test("a DATABASE_URL that pods can't use: the cause within 10 s of a pod showing it; the old pods serve on", async () => {
    // Right from here, where the loopback is this machine; wrong from a pod, where it is the pod.
    const wrong = await databaseUrl();
    wrong.hostname = "127.0.0.1";
    try {
      const error = await fails(["up"], { TASKFLOW_DATABASE_URL: wrong.href });
      const ended = Date.now();
      expect(error).toMatchObject({
        code: "TF1412",
        exitCode: 3,
        detail: expect.arrayContaining([expect.stringMatching(/refused/)]),
      });
      expect(`${error.stdout}${error.stderr}`).not.toContain(wrong.password);
      expect(ended - (await newestMigrationStart())).toBeLessThan(10_000);
      const response = await fetch("http://localhost:3000/api/health/ready");
      expect(response.status).toBe(200);
    } finally {
      await succeeds(["up"], chosen);
    }
  });

  test("a NodePort that another Service has is told before anything is deployed", async () => {
    const { spec } = await object("service", "frontend-service");
    const [{ nodePort }] = spec.ports;
    const generation = async () => (await object("deployment", "frontend")).metadata.generation;
    const before = await generation();
    await kubectl("delete", "service", "frontend-service");
    await kubectl("create", "service", "nodeport", "squatter", "--tcp=80", `--node-port=${nodePort}`);
    try {
      const error = await fails(["up"]);
      expect(error).toMatchObject({ code: "TF1310", what: expect.stringContaining("todo-app/squatter") });
      expect(error.fix[0]).toMatch(/^pulumi config set --stack dev taskflow:nodePort 3\d{4}$/);
      expect(await generation()).toBe(before);
    } finally {
      await kubectl("delete", "service", "squatter");
      await succeeds(["up"], chosen);
    }
    expect((await object("service", "frontend-service")).spec.ports[0].nodePort).toBe(nodePort);
  });

  test("cluster deleted behind our back", async () => {
    const name = `taskflow-${checkoutId}`;
    await docker(["rm", "--force", "--volumes", name]);
    const error = await fails(["status"]);
    expect(error).toMatchObject({ code: "TF1301", exitCode: 3 });
    await succeeds(["up"], chosen);
    const shown = JSON.parse((await succeeds(["status", "--json"], chosen)).stdout);
    expect(shown.pods).not.toEqual([]);
    expect(shown.pods.every((pod: { ready: boolean }) => pod.ready)).toBe(true);
  });

  afterAll(async () => {
    await taskflow(["destroy"], chosen);
  });
});

/** The URL that the running backend has. */
async function databaseUrl(): Promise<URL> {
  const { data } = await object("secret", "backend-secrets");
  return new URL(Buffer.from(data.DATABASE_URL, "base64").toString());
}

/** When the newest backend pod's migration first started: before that, no pod can have shown anything. */
async function newestMigrationStart(): Promise<number> {
  const { items } = JSON.parse(await kubectl("get", "pods", "--selector", "app=backend", "--output", "json"));
  const starts = items
    .filter((pod: { status: { phase: string } }) => pod.status.phase === "Pending")
    .flatMap((pod: { status: { startTime: string } }) => Date.parse(pod.status.startTime));
  expect(starts.length).toBeGreaterThan(0);
  return Math.max(...starts);
}
