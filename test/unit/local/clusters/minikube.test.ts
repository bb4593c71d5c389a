import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { minikubeCluster, startFailure, startMessage } from "../../../../local/clusters/minikube.ts";
import { calls, change, dir, id, install, remove, reset, state } from "./fakes/state.ts";

vi.mock("../../../../local/paths.ts", async (original) => {
  const { dir: directory } = await import("./fakes/state.ts");
  return { ...(await original<object>()), stateDir: `${directory}/state` };
});

const options = { hostPort: 28431, nodePort: 30300 };
const cluster = minikubeCluster(options);
const image = { ref: "todo-backend:v1.0.0-0123456789ab", id: id("new") };
const lines: string[] = [];
const report = (line: string) => void lines.push(line);
const callsOf = (verb: string) => calls().filter((call) => call.startsWith(`minikube ${verb}`));

beforeAll(() => install());
afterAll(remove);
beforeEach(() => {
  lines.length = 0;
  reset((facts) => {
    facts.docker.images = { [image.ref]: image.id };
  });
});

describe("minikube", { timeout: 30_000 }, () => {
  it("is started in a profile and a kubeconfig of our own, with its limits and port", async () => {
    expect(await cluster.running()).toBe(false);
    await cluster.ensure(report);
    const [start = ""] = callsOf("start");
    for (const flag of [
      "--profile taskflow",
      "--driver=docker",
      "--container-runtime=containerd",
      "--cpus=2",
      "--memory=3072",
      "--ports=127.0.0.1:28431:30300",
      "--keep-context",
    ]) {
      expect(start).toContain(flag);
    }
    const { kubeconfig, context } = await cluster.kubeconfig();
    expect([kubeconfig, context]).toEqual([join(dir, "state/kubeconfig-minikube"), "taskflow"]);
    expect(state().minikubeKubeconfig).toBe(kubeconfig);
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    expect(lines).toContain("Done! kubectl is now configured");
  });

  it("that runs is left alone", async () => {
    await cluster.ensure(report);
    await cluster.ensure(report);
    expect(callsOf("start")).toHaveLength(1);
    expect(await cluster.running()).toBe(true);
  });

  it("that does not start says so in minikube's own words", async () => {
    change((facts) => {
      facts.minikube.startError = "Failed to start docker container";
    });
    await expect(cluster.ensure(report)).rejects.toMatchObject({
      code: "TF1306",
      detail: ["Failed to start docker container", "Try: minikube delete"],
    });
  });

  it("is not made on a port that is taken", async () => {
    const squatter = createServer().listen(options.hostPort, "127.0.0.1");
    await new Promise((resolve) => squatter.once("listening", resolve));
    try {
      await expect(cluster.ensure(report)).rejects.toMatchObject({ code: "TF1107" });
      expect(callsOf("start")).toEqual([]);
    } finally {
      squatter.close();
    }
  });

  it("older than Kubernetes 1.28 is refused", async () => {
    await cluster.ensure(report);
    change((facts) => {
      facts.api = "v1.27.4";
    });
    await expect(cluster.ensure(report)).rejects.toMatchObject({ code: "TF1304" });
  });

  it("gives the published port and the docker network's gateway", async () => {
    await cluster.ensure(report);
    expect(await cluster.nodeAddress()).toEqual({
      frontendUrl: "http://localhost:28431",
      hostFromPods: "192.168.49.1",
      podSourceCidrs: ["192.168.49.0/24"],
    });
  });

  it("in Docker Desktop's virtual machine finds this machine by name", async () => {
    await cluster.ensure(report);
    change((facts) => {
      facts.docker.os = "Docker Desktop";
    });
    expect((await cluster.nodeAddress()).hostFromPods).toBe("host.minikube.internal");
  });

  it("leaves nothing of ours when deleted", async () => {
    await cluster.ensure(report);
    await cluster.destroy(report);
    expect(callsOf("delete --profile taskflow")).toHaveLength(1);
    expect(existsSync((await cluster.kubeconfig()).kubeconfig)).toBe(false);
    expect(await cluster.running()).toBe(false);
  });
});

describe("an image", { timeout: 30_000 }, () => {
  beforeEach(() => cluster.ensure(report));

  it("arrives as an archive, and is then there by its ID", async () => {
    expect(await cluster.hasImage(image)).toBe(false);
    await cluster.loadImage(image, report);
    expect(await cluster.hasImage(image)).toBe(true);
    // By name, minikube would keep its own copy on this machine.
    expect(callsOf("image load")[0]).toMatch(/^minikube image load \/\S+\/image\.tar --profile taskflow$/);
  });

  it("that is there already is not sent again", async () => {
    await cluster.loadImage(image, report);
    await cluster.loadImage(image, report);
    expect(callsOf("image load")).toHaveLength(1);
  });

  it("that did not arrive is an error, although minikube ends with 0", async () => {
    change((facts) => {
      facts.minikube.load = "fails";
    });
    await expect(cluster.loadImage(image, report)).rejects.toMatchObject({
      code: "TF1203",
      what: expect.stringContaining("has none under that name"),
    });
  });

  it("in whose place the old one of that tag stayed is an error, although minikube ends with 0", async () => {
    change((facts) => {
      facts.minikube.load = "keeps the old image";
      facts.nodes.taskflow = { images: [{ id: id("old"), repoTags: [`docker.io/library/${image.ref}`] }] };
    });
    await expect(cluster.loadImage(image, report)).rejects.toMatchObject({
      code: "TF1203",
      what: expect.stringContaining(id("old")),
    });
  });

  it("of the same tag with another ID is not taken for it", async () => {
    await cluster.loadImage(image, report);
    expect(await cluster.hasImage({ ...image, id: id("other") })).toBe(false);
  });

  it("is listed by Docker's age and removed by ref", async () => {
    const older = { ref: "todo-backend:v1.0.0-aaaaaaaaaaaa", id: id("older") };
    const gone = { ref: "todo-backend:v0.9.0-bbbbbbbbbbbb", id: id("gone") };
    change((facts) => {
      facts.docker.images = { [image.ref]: image.id, [older.ref]: older.id, [gone.ref]: gone.id };
    });
    for (const one of [gone, older, image]) await cluster.loadImage(one, report);
    change((facts) => {
      delete facts.docker.images[gone.ref];
    });
    expect(await cluster.listImages("todo-backend")).toEqual([image.ref, older.ref, gone.ref]);
    expect(await cluster.listImages("todo")).toEqual([]);
    await cluster.removeImage(older.ref);
    expect(await cluster.listImages("todo-backend")).toEqual([image.ref, gone.ref]);
  });
});

describe("an image of a Docker that keeps its images in containerd's store", { timeout: 30_000 }, () => {
  // Docker calls it by the digest of its manifest; the node's runtime by that of its configuration.
  const named = { ref: image.ref, id: id("manifest") };

  beforeEach(async () => {
    change((facts) => {
      facts.docker.containerdStore = true;
    });
    await cluster.ensure(report);
  });

  it("is saved for one platform, and known on the node by its configuration", async () => {
    await cluster.loadImage(named, report);
    expect(await cluster.hasImage(named)).toBe(true);
    const saves = calls().filter((call) => call.startsWith("docker image save"));
    expect(saves).toHaveLength(2);
    for (const save of saves) expect(save).toContain("--platform linux/amd64");
  });

  it("that did not arrive is an error all the same", async () => {
    change((facts) => {
      facts.minikube.load = "fails";
    });
    await expect(cluster.loadImage(named, report)).rejects.toMatchObject({ code: "TF1203" });
  });
});

describe("minikube's JSON", () => {
  it("is told as its messages", () => {
    const step = { type: "io.k8s.sigs.minikube.step", data: { message: "Creating docker container\n" } };
    expect(startMessage(JSON.stringify(step))).toBe("Creating docker container");
    expect(startMessage("W1123 something in klog's form")).toBeUndefined();
  });

  it("that ends without an error event leaves the last lines", () => {
    expect(startFailure("one\ntwo")).toEqual(["one", "two"]);
  });
});
