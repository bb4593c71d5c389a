/** What the driver asks of Docker, with a Docker that only remembers; test/e2e has the real one. */
import { rmSync } from "node:fs";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import type { RunResult } from "../../../../local/run.ts";

const { state, fake } = vi.hoisted(() => ({
  state: `${process.env.TMPDIR ?? "/tmp"}/taskflow-embedded-${process.pid}`,
  fake: { commands: [] as string[], answers: [] as [RegExp, Partial<RunResult>][], desktop: false },
}));

/** The first answer whose pattern the command line matches; otherwise success without a word. */
const answer = async (args: readonly string[]): Promise<RunResult> => {
  const line = args.join(" ");
  fake.commands.push(line);
  const found = fake.answers.find(([pattern]) => pattern.test(line))?.[1] ?? {};
  if (/^(start|run) /.test(line) && !found.failed) {
    fake.answers.unshift([/inspect/, { stdout: inspected(true) }]);
  }
  return {
    exitCode: found.failed ? 1 : 0,
    failed: false,
    stdout: "",
    stderr: "",
    all: found.stdout ?? "",
    ...found,
  };
};

vi.mock("../../../../local/paths.ts", async (original) => ({
  ...(await original<object>()),
  stateDir: state,
}));
vi.mock("../../../../local/docker.ts", () => ({
  docker: answer,
  dockerOrFail: answer,
  dockerInfo: async () => ({ dockerDesktop: fake.desktop }),
}));
vi.mock("../../../../local/clusters/embedded/nodeImage.ts", () => ({
  ensureNodeImage: async () => "taskflow-node:1",
}));
vi.mock("../../../../local/clusters/embedded/ports.ts", () => ({
  isFree: async () => true,
  firstFree: async (from: number) => from,
  portTaken: async (port: number) => new Error(`port ${port} taken`),
}));
vi.mock("../../../../local/clusters/embedded/access.ts", async (original) => ({
  ...(await original<object>()),
  apiServes: async () => true,
}));

const { embeddedCluster } = await import("../../../../local/clusters/embedded/index.ts");
const { containerName, runArgs, specHash } = await import("../../../../local/clusters/embedded/container.ts");

const ports = { hostPort: 3000, nodePort: 30300 };
const cluster = embeddedCluster(ports);
const spec = { ...ports, image: "taskflow-node:1", apiPort: 21000 };
const report = () => {};

const inspected = (running: boolean, madeFrom = spec): string =>
  JSON.stringify([
    {
      State: { Running: running, StartedAt: "2026-11-23T18:00:10.4Z" },
      Config: { Labels: { "dev.taskflow.node.spec": specHash(madeFrom) } },
      HostConfig: { PortBindings: { "6443/tcp": [{ HostPort: String(madeFrom.apiPort) }] } },
      NetworkSettings: {
        Ports: { "5000/tcp": [{ HostPort: "49153" }] },
        Networks: { bridge: { Gateway: "172.17.0.1", IPAddress: "172.17.0.2", IPPrefixLen: 16 } },
      },
    },
  ]);
const absent = { failed: true, all: "Error: No such container: taskflow" };
const kubeconfig = stringify({
  clusters: [{ cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": "Q0E=" } }],
  users: [{ user: { "client-certificate-data": "Yw==", "client-key-data": "aw==" } }],
});

/** The commands that change something. */
const changes = () => fake.commands.filter((line) => /^(run|start|stop|rm|volume|kill)\b/.test(line));

beforeEach(() => {
  fake.commands = [];
  fake.desktop = false;
  fake.answers = [
    [/admin\.kubeconfig/, { stdout: kubeconfig }],
    [/get pods/, { stdout: '{"items":[]}' }],
  ];
});
afterAll(() => rmSync(state, { recursive: true, force: true }));

describe("ensure", () => {
  test("changes nothing about a container that runs from the same spec", async () => {
    fake.answers.push([/inspect/, { stdout: inspected(true) }]);
    await cluster.ensure(report);
    expect(changes()).toEqual([]);
  });

  test("starts one that is stopped", async () => {
    fake.answers.push([/inspect/, { stdout: inspected(false) }]);
    await cluster.ensure(report);
    expect(changes()).toEqual([`start ${containerName}`]);
  });

  test("makes it anew, on the same API port and volume, when the image changed", async () => {
    fake.answers.push([/inspect/, { stdout: inspected(true, { ...spec, image: "taskflow-node:0" }) }]);
    await cluster.ensure(report);
    expect(changes()).toEqual([
      `stop ${containerName}`,
      `rm --force --volumes ${containerName}`,
      runArgs(spec).join(" "),
    ]);
  });

  test("takes the container away again when Docker could not start it, and tells a taken port", async () => {
    fake.answers.push([/inspect/, absent], [/^run/, { failed: true, all: "Bind: address already in use" }]);
    await expect(cluster.ensure(report)).rejects.toThrow("port 3000 taken");
    expect(changes().at(-1)).toBe(`rm --force --volumes ${containerName}`);
  });

  test("shows the log of the program that keeps ending, and nobody else's", async () => {
    const logs = "kubelet: I am fine\netcd: disk full\netcd: ended with exit code 1\n";
    fake.answers.push(
      [/inspect/, { stdout: inspected(false) }],
      [/node wait/, { failed: true, all: "node: etcd keeps ending: ended with exit code 1" }],
      [/^logs/, { stdout: logs }],
    );
    await expect(cluster.ensure(report)).rejects.toMatchObject({
      code: "TF1306",
      what: "the node did not become ready: node: etcd keeps ending: ended with exit code 1",
      detail: ["etcd: disk full", "etcd: ended with exit code 1"],
    });
  });
});

describe("where the host and the pods find each other", () => {
  test.runIf(process.platform === "linux")("with Docker on this kernel: the bridge", async () => {
    fake.answers.push([/inspect/, { stdout: inspected(true) }]);
    expect(await cluster.nodeAddress()).toEqual({
      frontendUrl: "http://localhost:3000",
      hostFromPods: "172.17.0.1",
      podSourceCidrs: ["172.17.0.0/16"],
    });
  });

  test("with Docker in a virtual machine: the name by which it answers for the host", async () => {
    fake.desktop = true;
    fake.answers.push(
      [/inspect/, { stdout: inspected(true) }],
      [/getent/, { stdout: "192.168.65.254  STREAM host.docker.internal\n192.168.65.254  DGRAM\n" }],
    );
    expect(await cluster.nodeAddress()).toMatchObject({
      hostFromPods: "192.168.65.254",
      podSourceCidrs: ["127.0.0.1/32", "::1/128"],
    });
  });

  test("without a running container: an error, not a guess", async () => {
    fake.answers.push([/inspect/, absent]);
    await expect(cluster.nodeAddress()).rejects.toMatchObject({ code: "TF1301" });
  });
});

test("an image that is not there after sending is an error that says what is", async () => {
  const other = { name: "docker.io/library/todo:v1", target: "sha256:m", config: "sha256:other" };
  fake.answers.push(
    [/inspect/, { stdout: inspected(true) }],
    [/images list/, { stdout: JSON.stringify([other]) }],
  );
  await expect(cluster.loadImage({ ref: "todo:v1", id: "sha256:wanted" }, report)).rejects.toMatchObject({
    code: "TF1203",
    detail: ["docker.io/library/todo:v1: configuration sha256:other, manifest sha256:m"],
  });
  expect(fake.commands).toContain("push 127.0.0.1:49153/library/todo:v1");
  expect(fake.commands).toContain("image rm 127.0.0.1:49153/library/todo:v1");
});

test("asking a stopped node for its images says that it is stopped", async () => {
  fake.answers.push([
    /images list/,
    { failed: true, all: "Error response from daemon: Container 0a1b is not running" },
  ]);
  await expect(cluster.listImages("todo")).rejects.toMatchObject({ code: "TF1301" });
});
