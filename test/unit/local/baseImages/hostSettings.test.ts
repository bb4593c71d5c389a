import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hostLayerFiles } from "../../../../local/baseImages/hostLayer.ts";
import { extraAuthorities, networkEnvironment } from "../../../../local/baseImages/hostSettings.ts";

/** Made for this test; its key was thrown away. */
const authority = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUcAYjgu9OWm8XgW5ybZozZHASmY0wCgYIKoZIzj0EAwIw
IjEgMB4GA1UEAwwXVGFza0Zsb3cgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIzMTcy
NTU4WhgPMjEyNjEwMzAxNzI1NThaMCIxIDAeBgNVBAMMF1Rhc2tGbG93IHRlc3Qg
YXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/24JzQo5lvrCTRdT
IFBYT6DIU8t9OIM6m7ShgUoXIq37Cs/xQ90omjRmwngv5DVxZ3LbwQA2Z1XZJKjI
tApS2KNTMFEwHQYDVR0OBBYEFGwadF4rWQDvYIZpFflKlCcw/LpfMB8GA1UdIwQY
MBaAFGwadF4rWQDvYIZpFflKlCcw/LpfMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDRwAwRAIgfrJh6w3thgPx2kmrcv3L40LP+njpSvZJGw3AdM3ECiUCIBBr
8U2tWq6YTwUtFq4M/w7aqnIn5E3uZWXd5QmSn9L6
-----END CERTIFICATE-----`;
const known = rootCertificates[0] as string;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "host-settings-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function put(path: string, text: string): string {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe("extraAuthorities", () => {
  const find = (env: Record<string, string>) =>
    extraAuthorities(env, join(home, "local"), join(home, "mozilla"));

  it("finds none where the bundle named is Mozilla's", () => {
    expect(find({ SSL_CERT_FILE: put("bundle.pem", `${known}\n${rootCertificates[1]}`) })).toEqual([]);
  });

  it("finds the one that a bundle has beyond Mozilla's, once, wherever it is named", () => {
    const bundle = put("bundle.pem", `${known}\n${authority}\n`);
    put("local/proxy.crt", authority);
    expect(find({ SSL_CERT_FILE: bundle, NODE_EXTRA_CA_CERTS: bundle, REQUESTS_CA_BUNDLE: bundle })).toEqual([
      authority,
    ]);
    expect(find({})).toEqual([authority]);
  });

  it("takes the distribution's own package for known, and a missing or broken file for empty", () => {
    put("mozilla/old.crt", authority);
    expect(find({ NODE_EXTRA_CA_CERTS: put("a.pem", authority) })).toEqual([]);
    expect(find({ NODE_EXTRA_CA_CERTS: join(home, "missing") })).toEqual([]);
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    expect(find({ NODE_EXTRA_CA_CERTS: put("broken.pem", broken) })).toEqual([]);
  });
});

describe("networkEnvironment", () => {
  // Files under `home` only: /etc/pip.conf of the machine may set an index, so that one is not looked at here.
  const read = (env: Record<string, string> = {}) =>
    networkEnvironment({ PIP_INDEX_URL: "https://pip.test/", ...env }, home);

  it("passes on nothing but what differs from the tools' defaults", () => {
    expect(read()).toEqual({ PIP_INDEX_URL: "https://pip.test/", UV_DEFAULT_INDEX: "https://pip.test/" });
  });

  it("reads the tools' own files", () => {
    put(".npmrc", "fund=false\nregistry = https://npm.test/\n");
    put(".config/go/env", "GOPROXY=https://go.test\n");
    put(".config/pip/pip.conf", "[global]\nindex-url = https://pip-file.test/simple\n");
    expect(networkEnvironment({}, home)).toMatchObject({
      npm_config_registry: "https://npm.test/",
      GOPROXY: "https://go.test",
      PIP_INDEX_URL: "https://pip-file.test/simple",
      UV_DEFAULT_INDEX: "https://pip-file.test/simple",
    });
  });

  it("lets the environment win over files, and gives proxies in both spellings", () => {
    put(".npmrc", "registry=https://npm.test/\n");
    expect(
      read({ npm_config_registry: "https://other.test/", https_proxy: "http://proxy.test:3128" }),
    ).toMatchObject({
      npm_config_registry: "https://other.test/",
      HTTPS_PROXY: "http://proxy.test:3128",
      https_proxy: "http://proxy.test:3128",
    });
  });

  it("keeps back addresses of this machine's loopback, which mean another place in a container", () => {
    const env = read({
      HTTP_PROXY: "http://127.0.0.1:3128",
      GOPROXY: "http://localhost:8081",
      NO_PROXY: "localhost",
    });
    expect(env).not.toHaveProperty("HTTP_PROXY");
    expect(env).not.toHaveProperty("GOPROXY");
    expect(env).toMatchObject({ NO_PROXY: "localhost" });
  });
});

describe("hostLayerFiles", () => {
  it("is nothing but its base where all settings are the default", () => {
    expect(hostLayerFiles("base:1", { env: {}, apt: [], authorities: [] })).toEqual({
      Dockerfile: "FROM base:1\n",
    });
  });

  it("brings the authorities with Mozilla's, for every tool and for apt", () => {
    const files = hostLayerFiles("base:1", { env: {}, apt: [], authorities: [authority] });
    const bundle = "/usr/local/share/taskflow/ca-bundle.pem";
    expect(files[`root${bundle}`]).toContain(authority);
    expect(files[`root${bundle}`]).toContain(known);
    expect(files["root/usr/local/share/ca-certificates/taskflow-host-1.crt"]).toBe(`${authority}\n`);
    expect(files["root/etc/apt/apt.conf.d/90taskflow-host"]).toBe(`Acquire::https::CaInfo "${bundle}";\n`);
    expect(files.Dockerfile).toContain(`ENV NODE_EXTRA_CA_CERTS="${bundle}"`);
    expect(files.Dockerfile).toContain("COPY root/ /");
  });

  it("quotes values for the Dockerfile", () => {
    const { Dockerfile } = hostLayerFiles("base:1", { env: { A: 'x "y" $z' }, apt: [], authorities: [] });
    expect(Dockerfile).toBe('FROM base:1\nENV A="x \\"y\\" \\$z"\n');
  });
});
