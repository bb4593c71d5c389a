/**
 * The embedded cluster's driver on real Docker: a cluster of this test's own, beside the checkout's, from nothing to
 * nothing. (Its name and state folder are changed here, its code is not.)
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api, KubeConfig, VersionApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { ensureBase } from "../../local/baseImages/index.ts";
import { buildImage, docker, dockerInfo, dockerOrFail } from "../../local/docker.ts";
import { run } from "../../local/run.ts";

const { state, checkout } = vi.hoisted(() => ({
  checkout: `e2e${process.pid}`,
  state: `${process.env.TMPDIR ?? "/tmp"}/taskflow-e2e-${process.pid}`,
}));
vi.mock("../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../local/paths.ts")>()),
  checkoutId: checkout,
  stateDir: state,
}));
const { embeddedCluster } = await import("../../local/clusters/embedded/index.ts");
const { containerName, volumeName } = await import("../../local/clusters/embedded/container.ts");
const { send } = await import("../../local/clusters/embedded/images.ts");
const { firstFree, isFree } = await import("../../local/clusters/embedded/ports.ts");

const nodePort = 30321;
const hostPort = await firstFree(33_000);
const cluster = embeddedCluster({ hostPort, nodePort });
const images = [1, 2].map((version) => `${checkout}-web:v${version}`) as [string, string];
const ids: string[] = [];
const reported: string[] = [];
const report = (line: string) => void reported.push(line);

/** kubectl inside the node, as administrator. */
const kubectl = async (args: string[], input?: string): Promise<string> => {
  const interactive = input === undefined ? [] : ["--interactive"];
  const result = await docker(["exec", ...interactive, containerName, "kubectl", ...args], {
    ...(input === undefined ? {} : { input }),
  });
  if (result.failed) throw new Error(`kubectl ${args.join(" ")}: ${result.all}`);
  return result.stdout;
};

/** Polls until it answers as wanted; what was seen last is in the failure. */
const eventually = (what: () => Promise<unknown>, wanted: unknown, timeout = 180_000) =>
  expect.poll(what, { timeout, interval: 100 }).toEqual(wanted);

const page = async (): Promise<string> => {
  const { frontendUrl } = await cluster.nodeAddress();
  try {
    const response = await fetch(frontendUrl as string, { signal: AbortSignal.timeout(2000) });
    const text = await response.text();
    return response.ok && text ? text : `${response.status} ${JSON.stringify([...response.headers])}`;
  } catch (error) {
    return String(error);
  }
};

/** A server in Perl, which is in Debian's base: says its version, and stops when it is told to. */
const server = `
use IO::Socket::INET;
$SIG{TERM} = sub { exit 0 };
$SIG{PIPE} = "IGNORE";
my $server = IO::Socket::INET->new(LocalPort => 8000, Listen => 50, ReuseAddr => 1) or die $!;
while (my $client = $server->accept) {
  while (<$client>) { last if /^\\r?$/ }
  open(my $file, "<", "/version") or die $!;
  my $text = <$file>;
  print $client "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: " . length($text) . "\\r\\n\\r\\n$text";
  close $client;
}
`;

const manifest = (image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ${image}
          command: [perl, /server.pl]
          resources: { requests: { cpu: 10m, memory: 16Mi }, limits: { memory: 128Mi } }
          readinessProbe: { tcpSocket: { port: 8000 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8000, nodePort: ${nodePort} }]
`;

/** A command in the web pod. */
const inPod = (...command: string[]) => kubectl(["exec", "deployment/web", "--", ...command]);

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "taskflow-web-"));
  writeFileSync(join(folder, "server.pl"), server);
  writeFileSync(
    join(folder, "Dockerfile"),
    "ARG BASE\nFROM $BASE\nARG VERSION\nCOPY server.pl /\nRUN echo -n v$VERSION > /version\n",
  );
  const base = await ensureBase("debian", report);
  for (const [i, ref] of images.entries()) {
    const args = { BASE: base, VERSION: String(i + 1) };
    ids.push((await buildImage({ context: folder, tags: [ref], args })).id);
  }
  rmSync(folder, { recursive: true });
});

afterAll(async () => {
  await cluster.destroy(report);
  await docker(["image", "rm", ...images]);
  rmSync(state, { recursive: true, force: true });
});

const image = (version: 1 | 2) => ({ ref: images[version - 1] as string, id: ids[version - 1] as string });

test("the node's Go tests pass", async () => {
  const tag = `${checkout}-go-tests:1`;
  const context = join(import.meta.dirname, "../../local/clusters/embedded/node");
  const args = { DEBIAN_IMAGE: await ensureBase("debian", report) };
  await buildImage({ context, target: "test", args, tags: [tag] });
  await dockerOrFail(["image", "rm", tag]);
});

describe("the embedded cluster", () => {
  test("is not running before it is made, and destroying nothing is fine", async () => {
    expect(await cluster.running()).toBe(false);
    await cluster.destroy(report);
    await expect(cluster.nodeAddress()).rejects.toMatchObject({ code: "TF1301" });
  });

  test("says who has the port, and leaves nothing behind", async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(hostPort, "127.0.0.1", resolve));
    const error = await cluster.ensure(report).catch((error: unknown) => error);
    await new Promise((resolve) => other.close(resolve));
    expect(error).toBeInstanceOf(TaskFlowError);
    expect(error).toMatchObject({ code: "TF1107", what: expect.stringContaining(`process ${process.pid}`) });
    expect((await docker(["container", "inspect", containerName])).failed).toBe(true);
  });

  test("comes up, with a kubeconfig of its own that only its owner reads", async () => {
    await cluster.ensure(report);
    expect(await cluster.running()).toBe(true);
    expect(reported).toContainEqual(expect.stringMatching(/^node ready after/));
    const access = await cluster.kubeconfig();
    expect(statSync(access.kubeconfig).mode & 0o777).toBe(0o600);
    const config = new KubeConfig();
    config.loadFromFile(access.kubeconfig);
    config.setCurrentContext(access.context);
    const { minor } = await config.makeApiClient(VersionApi).getCode();
    expect(Number(minor)).toBeGreaterThanOrEqual(28);
    const { items } = await config.makeApiClient(CoreV1Api).listNode();
    expect(items.map((node) => node.metadata?.name)).toEqual(["taskflow"]);
  });

  test("a second ensure changes nothing and is quick", async () => {
    const id = async () =>
      (await dockerOrFail(["container", "inspect", "-f", "{{.Id}} {{.State.StartedAt}}", containerName]))
        .stdout;
    const access = readFileSync((await cluster.kubeconfig()).kubeconfig, "utf8");
    const before = await id();
    await cluster.ensure(report);
    expect(await id()).toBe(before);
    expect(readFileSync((await cluster.kubeconfig()).kubeconfig, "utf8")).toBe(access);
  });

  test("takes an image, verified by its ID, and runs it", async () => {
    expect(await cluster.hasImage(image(1))).toBe(false);
    await cluster.loadImage(image(1), report);
    expect(await cluster.hasImage(image(1))).toBe(true);
    expect(await cluster.hasImage({ ...image(1), id: image(2).id })).toBe(false);
    await kubectl(["apply", "-f", "-"], manifest(image(1).ref));
    await eventually(page, "v1");
  });

  test("a pod resolves services and finds the API and this machine", async () => {
    expect(await inPod("getent", "hosts", "web")).toContain("web.default.svc.cluster.local");
    expect(await inPod("getent", "hosts", "kubernetes.default")).toContain("10.96.0.1");
    const { hostFromPods, podSourceCidrs } = await cluster.nodeAddress();
    const desktop = (await dockerInfo()).dockerDesktop;
    let seen = "";
    const host = createServer((socket) => {
      seen = socket.remoteAddress ?? "";
      socket.end("hello");
    });
    const address = desktop ? "127.0.0.1" : hostFromPods;
    await new Promise<void>((resolve) => host.listen(0, address, resolve));
    const { port } = host.address() as AddressInfo;
    const script = `exec 3<>/dev/tcp/${hostFromPods}/${port}; cat <&3`;
    expect(await inPod("bash", "-c", script)).toBe("hello");
    await new Promise((resolve) => host.close(resolve));
    if (!desktop)
      expect(`${seen.split(".").slice(0, 2).join(".")}`).toBe(
        podSourceCidrs[0]?.split(".").slice(0, 2).join("."),
      );
  });

  test("a pod reaches itself and others through a Service", async () => {
    const script = "exec 3<>/dev/tcp/web/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3";
    expect(await inPod("bash", "-c", script)).toContain("v1");
  });

  test("a packet to a pod that is gone stays in the node", async () => {
    // Otherwise it would go to this machine's gateway, and whoever sits there might answer.
    const gone = inPod("bash", "-c", "exec 3<>/dev/tcp/10.244.0.250/80");
    await expect(gone).rejects.toThrow(/No route to host/);
  });

  test("a changed image moves its changed layers only", async () => {
    const size = async () =>
      Number(
        (await dockerOrFail(["exec", containerName, "du", "-sk", "/var/lib/taskflow/registry"])).stdout.split(
          "\t",
        )[0],
      );
    const before = await size();
    expect(before).toBeGreaterThan(10_000);
    await cluster.loadImage(image(2), report);
    expect((await size()) - before).toBeLessThan(200);
    await kubectl(["set", "image", "deployment/web", `web=${image(2).ref}`]);
    await eventually(page, "v2");
    expect(await cluster.listImages(`${checkout}-web`)).toEqual([image(2).ref, image(1).ref]);
    // The daemon's list is as it was: the names for the push are gone.
    expect((await docker(["image", "ls", "--format", "{{.Repository}}"])).stdout).not.toContain(
      `/${checkout}-web`,
    );
  });

  test("takes the whole image where the daemon can't push, and says so", async () => {
    await cluster.removeImage(image(1).ref);
    await send(image(1).ref, 1, report); // nobody listens on port 1
    expect(await cluster.hasImage(image(1))).toBe(true);
    expect(reported.at(-1)).toBe(`sending the whole of ${image(1).ref} instead, which takes longer`);
  });

  test("an image that the daemon lacks is an error, not a success", async () => {
    const missing = { ref: `${checkout}-web:v3`, id: image(1).id };
    await expect(cluster.loadImage(missing, report)).rejects.toBeInstanceOf(TaskFlowError);
  });

  test("removes an image, and takes it again", async () => {
    await cluster.removeImage(image(1).ref);
    expect(await cluster.listImages(`${checkout}-web`)).toEqual([image(2).ref]);
    await cluster.removeImage(image(1).ref);
    await cluster.loadImage(image(1), report);
    expect(await cluster.hasImage(image(1))).toBe(true);
    await cluster.removeImage(image(1).ref);
  });

  test("writes down who changed what, and not what the cluster does by itself or anybody reads", async () => {
    await kubectl(["create", "configmap", "noted", "--from-literal=A=not-written-down"]);
    await kubectl(["get", "configmap", "noted"]);
    const log = (await dockerOrFail(["exec", containerName, "cat", "/var/lib/taskflow/audit.log"])).stdout;
    const entries = log
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const noted = entries.filter(({ objectRef }) => objectRef.name === "noted");
    expect(noted.map(({ verb, user }) => `${verb} ${user.username}`)).toEqual(["create taskflow-admin"]);
    expect(log).not.toContain("not-written-down");
    expect(new Set(entries.map(({ user }) => user.username))).toEqual(new Set(["taskflow-admin"]));
  });

  test("refuses what Pod Security forbids", async () => {
    await kubectl(["create", "namespace", "strict"]);
    await kubectl(["label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted"]);
    const refused = kubectl(["run", "root", "-n", "strict", `--image=${image(2).ref}`]);
    await expect(refused).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
  });

  test("knows what pods use", async () => {
    const usage = async () =>
      (await kubectl(["top", "pods", "--no-headers"]).catch(() => "")).split(/\s+/)[0];
    await expect.poll(usage, { timeout: 240_000, interval: 1000 }).toMatch(/^web-/);
  });

  test("stops when told to, and comes back with its pods", async () => {
    await cluster.stop(report);
    expect(await cluster.running()).toBe(false);
    const exit = await dockerOrFail(["container", "inspect", "-f", "{{.State.ExitCode}}", containerName]);
    expect(exit.stdout.trim()).toBe("0");
    await cluster.stop(report);
    await cluster.ensure(report);
    await eventually(page, "v2");
    expect(await inPod("getent", "hosts", "kubernetes.default")).toContain("10.96.0.1");
  });

  test("collects the registry's garbage at the start", async () => {
    const mark = await docker(["exec", containerName, "test", "-e", "/var/lib/taskflow/registry-garbage"]);
    expect(mark.exitCode).toBe(1);
    await cluster.loadImage(image(1), report);
    expect(await cluster.hasImage(image(1))).toBe(true);
  });

  test.each([1, 2])("comes back after being killed (%i)", async () => {
    await dockerOrFail(["kill", "--signal", "KILL", containerName]);
    await eventually(() => cluster.running(), false);
    await cluster.ensure(report);
    await eventually(page, "v2");
  });

  test("comes back after its container was removed behind its back, at the same address", async () => {
    const access = readFileSync((await cluster.kubeconfig()).kubeconfig, "utf8");
    await dockerOrFail(["rm", "--force", containerName]);
    await cluster.ensure(report);
    await eventually(page, "v2");
    expect(readFileSync((await cluster.kubeconfig()).kubeconfig, "utf8")).toBe(access);
  });

  test("a component that dies is started again", async () => {
    await dockerOrFail(["exec", containerName, "perl", "-e", killScheduler]);
    await kubectl(["scale", "deployment/web", "--replicas=2"]);
    await eventually(
      () => kubectl(["get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}"]),
      "2",
    );
    const logs = await dockerOrFail(["logs", containerName]);
    expect(logs.all).toContain("kube-scheduler: ended by signal killed; starting it again in 250ms");
  });

  test("moves to another port on this machine, keeping its data", async () => {
    const moved = embeddedCluster({ hostPort: await firstFree(hostPort + 1), nodePort });
    await moved.ensure(report);
    const { frontendUrl } = await moved.nodeAddress();
    await eventually(async () => (await fetch(frontendUrl as string)).text().catch(String), "v2");
    expect(await isFree(hostPort)).toBe(true);
    await cluster.ensure(report);
    await eventually(page, "v2");
  });

  test("comes up anew after container and data were removed behind its back", async () => {
    await dockerOrFail(["rm", "--force", containerName]);
    await dockerOrFail(["volume", "rm", volumeName]);
    await cluster.ensure(report);
    expect(await cluster.running()).toBe(true);
    expect(await kubectl(["get", "deployments"])).not.toContain("web");
    expect(await cluster.hasImage(image(2))).toBe(false);
  });

  test("destroy leaves no container, volume, process, mount, rule or file", async () => {
    const id = (await dockerOrFail(["container", "inspect", "-f", "{{.Id}}", containerName])).stdout.trim();
    const address = (
      await dockerOrFail(["container", "inspect", "-f", "{{.NetworkSettings.IPAddress}}", containerName])
    ).stdout.trim();
    const { kubeconfig } = await cluster.kubeconfig();
    expect(await traces(id, address)).not.toEqual([]);
    await cluster.destroy(report);
    expect(await traces(id, address)).toEqual([]);
    expect(() => statSync(kubeconfig)).toThrow(/ENOENT/);
    expect(await isFree(hostPort)).toBe(true);
    expect(await cluster.running()).toBe(false);
  });
});

const killScheduler = `
for my $dir (glob "/proc/[0-9]*") {
  open(my $file, "<", "$dir/cmdline") or next;
  my $line = <$file> // "";
  kill("KILL", $1) if $line =~ /^\\S*kubernetes\\0kube-scheduler\\0/ && $dir =~ /(\\d+)$/;
}`;

/** What on this machine speaks of the container: Docker's objects, processes, mounts, firewall rules. */
async function traces(id: string, address: string): Promise<string[]> {
  const found: string[] = [];
  const note = (kind: string, text: string, pattern: string) => {
    if (text.includes(pattern)) found.push(kind);
  };
  note("container", (await dockerOrFail(["ps", "--all", "--no-trunc"])).stdout, id);
  note("volume", (await dockerOrFail(["volume", "ls", "--quiet"])).stdout, volumeName);
  if (process.platform !== "linux" || (await dockerInfo()).dockerDesktop) return found;
  note("mount", readFileSync("/proc/self/mounts", "utf8"), id);
  note("mount of the volume", readFileSync("/proc/self/mounts", "utf8"), volumeName);
  note("process", (await run("ps", ["-eo", "args"])).stdout, id);
  if (process.getuid?.() === 0) note("rule", (await run("iptables-save", [])).stdout, `${address}/32`);
  return found;
}
