import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import {
  apiPortOf,
  apiServes,
  hostKubeconfig,
  sameAccess,
} from "../../../../local/clusters/embedded/access.ts";
import { containerName } from "../../../../local/clusters/embedded/container.ts";

const nodes = (authority: string, certificate: string, key = "a2V5") =>
  stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "taskflow",
        cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": authority },
      },
    ],
    users: [{ name: "admin", user: { "client-certificate-data": certificate, "client-key-data": key } }],
    contexts: [{ name: "taskflow", context: { cluster: "taskflow", user: "admin" } }],
    "current-context": "taskflow",
  });

describe("the host's kubeconfig", () => {
  const text = hostKubeconfig(nodes("Q0E=", "Y2VydA=="), 21000);

  test("leads to this machine's port under the checkout's name", () => {
    expect(apiPortOf(text)).toBe(21000);
    const config = parse(text);
    expect(config["current-context"]).toBe(containerName);
    expect(config.contexts).toEqual([
      { name: containerName, context: { cluster: containerName, user: containerName } },
    ]);
    expect(config.clusters[0].cluster["certificate-authority-data"]).toBe("Q0E=");
    expect(config.users[0].user).toEqual({
      "client-certificate-data": "Y2VydA==",
      "client-key-data": "a2V5",
    });
  });

  test("does as well with a client certificate of an earlier boot", () => {
    expect(sameAccess(text, hostKubeconfig(nodes("Q0E=", "bmV3"), 21000))).toBe(true);
  });

  test("does not with another authority or port", () => {
    expect(sameAccess(text, hostKubeconfig(nodes("T1RIRVI=", "Y2VydA=="), 21000))).toBe(false);
    expect(sameAccess(text, hostKubeconfig(nodes("Q0E=", "Y2VydA=="), 21001))).toBe(false);
  });
});

describe("asking the API whether it serves", () => {
  const folder = mkdtempSync(join(tmpdir(), "taskflow-access-"));
  const base64 = (file: string) => readFileSync(join(folder, file)).toString("base64");
  let server: Server;
  let status = 200;

  /** A self-signed certificate for 127.0.0.1: its own authority. */
  const certificate = (name: string) =>
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"],
        ...["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.crt`)],
      ],
      { stdio: "ignore" },
    );

  beforeAll(async () => {
    certificate("ours");
    certificate("other");
    const [key, cert] = ["ours.key", "ours.crt"].map((file) => readFileSync(join(folder, file)));
    server = createServer({ key, cert }, (request, response) => {
      response.statusCode = request.url === "/readyz" ? status : 404;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    status = 200;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  const access = (authority: string) =>
    hostKubeconfig(
      nodes(base64(authority), base64("other.crt"), base64("other.key")),
      (server.address() as AddressInfo).port,
    );

  test("yes", async () => {
    expect(await apiServes(access("ours.crt"), 5000)).toBe(true);
  });

  test("no while it is not ready", async () => {
    status = 500;
    expect(await apiServes(access("ours.crt"), 5000)).toBe(false);
  });

  test("no when another server has taken the port", async () => {
    expect(await apiServes(access("other.crt"), 5000)).toBe(false);
  });

  test("no when nobody listens", async () => {
    const nobody = hostKubeconfig(nodes(base64("ours.crt"), base64("other.crt"), base64("other.key")), 1);
    expect(await apiServes(nobody, 5000)).toBe(false);
  });
});
