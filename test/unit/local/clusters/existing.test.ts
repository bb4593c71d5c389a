import { existsSync, readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { contextCluster } from "../../../../local/clusters/context.ts";
import { dockerDesktopCluster } from "../../../../local/clusters/dockerDesktop.ts";
import type { Guard } from "../../../../local/clusters/existing.ts";
import { k3dCluster } from "../../../../local/clusters/k3d.ts";
import { kindCluster } from "../../../../local/clusters/kind.ts";
import { calls, change, id, install, remove, reset } from "./fakes/state.ts";

vi.mock("../../../../local/paths.ts", async (original) => {
  const { dir: directory } = await import("./fakes/state.ts");
  return { ...(await original<object>()), stateDir: `${directory}/state` };
});

const options = { hostPort: 3000, nodePort: 30300 };
const guard: Guard = { allowContexts: [], stack: "dev", environment: "dev" };
const image = { ref: "todo-backend:v1.0.0-0123456789ab", id: id("new") };
const report = () => {};

beforeAll(() => install());
afterAll(remove);
beforeEach(() =>
  reset((facts) => {
    facts.api = "v1.34.4";
    facts.docker.images = { [image.ref]: image.id };
    facts.kind = ["dev"];
    facts.k3d = ["dev"];
    facts.nodes = {
      "dev-control-plane": { images: [] },
      "dev-worker": { images: [] },
      "k3d-dev-server-0": { images: [] },
    };
    facts.docker.containers = {
      "dev-control-plane": { address: "172.18.0.2", gateway: "172.18.0.1", ports: {} },
      "k3d-dev-server-0": { address: "172.19.0.3", gateway: "172.19.0.1", ports: {} },
      "k3d-dev-serverlb": { address: "172.19.0.2", gateway: "172.19.0.1", ports: { "30300": 8080 } },
    };
    facts.user.contexts = {
      "docker-desktop": "https://kubernetes.docker.internal:6443",
      office: "https://10.20.30.40:6443",
      tunnel: "https://127.0.0.1:16443",
    };
  }),
);

describe("kind", { timeout: 30_000 }, () => {
  const cluster = kindCluster("dev", options, guard);

  it("is used through a kubeconfig of our own, and stays when we leave", async () => {
    await cluster.ensure(report);
    const { kubeconfig, context } = await cluster.kubeconfig();
    expect(context).toBe("kind-dev");
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    expect(parse(readFileSync(kubeconfig, "utf8"))["current-context"]).toBe("kind-dev");
    expect(await cluster.running()).toBe(true);
    await cluster.stop(report);
    await cluster.destroy(report);
    expect(existsSync(kubeconfig)).toBe(false);
    expect(calls().filter((call) => /^kind (delete|create)/.test(call))).toEqual([]);
  });

  it("that is gone is named", async () => {
    await expect(kindCluster("gone", options, guard).ensure(report)).rejects.toMatchObject({
      code: "TF1308",
    });
  });

  it("gets an image on every node, by archive", async () => {
    await cluster.loadImage(image, report);
    expect(await cluster.hasImage(image)).toBe(true);
    await cluster.loadImage(image, report);
    expect(calls().filter((call) => call.startsWith("kind load image-archive"))).toHaveLength(1);
    await cluster.removeImage(image.ref);
    await cluster.removeImage(image.ref);
    expect(await cluster.listImages("todo-backend")).toEqual([]);
  });

  it("of which one node misses the image does not have it", async () => {
    change((facts) => {
      facts.kindLoad = "misses a node";
    });
    await expect(cluster.loadImage(image, report)).rejects.toMatchObject({ code: "TF1203" });
  });

  it("whose loader fails shows its last lines", async () => {
    change((facts) => {
      facts.kindLoad = "fails";
    });
    await expect(cluster.loadImage(image, report)).rejects.toMatchObject({
      code: "TF1204",
      detail: [expect.stringContaining("ctr images import")],
    });
  });

  it("that publishes no port leaves the frontend to a port-forward", async () => {
    expect(await cluster.nodeAddress()).toEqual({
      frontendUrl: undefined,
      hostFromPods: "172.18.0.1",
      podSourceCidrs: ["172.18.0.0/24"],
    });
  });
});

describe("k3d", { timeout: 30_000 }, () => {
  const cluster = k3dCluster("dev", options, guard);

  it("is local under the address 0.0.0.0 that k3d writes", async () => {
    await cluster.ensure(report);
    expect(await cluster.running()).toBe(true);
  });

  it("gets an image without a helper from a registry", async () => {
    await cluster.loadImage(image, report);
    expect(await cluster.hasImage(image)).toBe(true);
    expect(calls().find((call) => call.startsWith("k3d image import"))).toContain("--mode direct");
  });

  it("whose node refused the image is an error, although k3d ends with 0", async () => {
    change((facts) => {
      facts.k3dImport = "fails on the node";
    });
    await expect(cluster.loadImage(image, report)).rejects.toMatchObject({ code: "TF1203" });
  });

  it("publishes its ports on the load balancer", async () => {
    expect(await cluster.nodeAddress()).toEqual({
      frontendUrl: "http://localhost:8080",
      hostFromPods: "172.19.0.1",
      podSourceCidrs: ["172.19.0.0/24"],
    });
  });
});

describe("Docker Desktop", { timeout: 30_000 }, () => {
  const cluster = dockerDesktopCluster(options, guard);

  it("has what Docker has, by ID", async () => {
    change((facts) => {
      facts.runtime = "docker://28.1.1";
    });
    await cluster.ensure(report);
    await cluster.loadImage(image, report);
    expect(await cluster.hasImage(image)).toBe(true);
    expect(await cluster.hasImage({ ...image, id: id("other") })).toBe(false);
    await expect(cluster.loadImage({ ...image, id: id("other") }, report)).rejects.toMatchObject({
      code: "TF1203",
    });
  });

  it("with a node that has its own store is refused", async () => {
    await cluster.ensure(report);
    await expect(cluster.loadImage(image, report)).rejects.toMatchObject({
      code: "TF1204",
      what: expect.stringContaining("containerd://"),
    });
  });
});

describe("a named context", { timeout: 30_000 }, () => {
  it("on this machine is used, but gets no images", async () => {
    const cluster = contextCluster("tunnel", guard);
    await cluster.ensure(report);
    await expect(cluster.loadImage(image, report)).rejects.toMatchObject({ code: "TF1207" });
  });

  it("elsewhere is refused, with the line that allows it, and before anything is written", async () => {
    const cluster = contextCluster("office", guard);
    const error = await cluster.ensure(report).catch((caught) => caught);
    expect(error.code).toBe("TF1303");
    expect(error.fix[0]).toContain("taskflow:allowContexts[0]' office");
    expect(existsSync((await cluster.kubeconfig()).kubeconfig)).toBe(false);
  });

  it.each([
    { ...guard, allowContexts: ["office"] },
    { ...guard, environment: "prod" as const },
  ])("elsewhere is used where it is allowed: %j", async (allowed) => {
    await expect(contextCluster("office", allowed).ensure(report)).resolves.toBeUndefined();
  });

  it("that does not exist is said with those that do", async () => {
    await expect(contextCluster("ofice", guard).ensure(report)).rejects.toMatchObject({
      code: "TF1305",
      what: expect.stringContaining("docker-desktop, office, tunnel"),
    });
  });

  it("that does not answer is said to", async () => {
    change((facts) => {
      facts.api = null;
    });
    await expect(contextCluster("tunnel", guard).ensure(report)).rejects.toMatchObject({
      code: "TF1301",
      detail: [expect.stringContaining("connection refused")],
    });
  });

  it("whose nodes are not ready is said to", async () => {
    change((facts) => {
      facts.nodesReady = false;
    });
    await expect(contextCluster("tunnel", guard).ensure(report)).rejects.toMatchObject({ code: "TF1306" });
  });
});
