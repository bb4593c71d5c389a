import { describe, expect, it } from "vitest";
import { buildArgs, buildError, progressLine } from "../../../../local/docker/build.ts";
import { parseInfo } from "../../../../local/docker/info.ts";

describe("progressLine", () => {
  it.each([
    ["#7 [deps 3/5] RUN npm ci", "[deps 3/5] RUN npm ci"],
    ["#7 12.34 added 400 packages", "added 400 packages"],
    ["#7 ERROR: process did not complete", "ERROR: process did not complete"],
    ["#7 DONE 0.1s", undefined],
    ["#8 CACHED", undefined],
    ["#3 sha256:4a4d535751280933959e79d3e0f0d4e7", undefined],
    ["#3 transferring context: 2B done", undefined],
    ["#2 [internal] load .dockerignore", undefined],
    ["", undefined],
  ])("%j -> %j", (line, expected) => {
    expect(progressLine(line)).toBe(expected);
  });
});

describe("buildArgs", () => {
  const request = {
    context: "/src",
    dockerfile: "/src/Dockerfile",
    target: "production",
    platform: "linux/amd64",
    args: { A: "1 2" },
    labels: { l: "v" },
    secrets: { npmrc: "/home/me/.npmrc" },
    network: "none",
    tags: ["a:1", "a:2"],
  } as const;

  it("hands each value over as one argument", () => {
    expect(buildArgs(request, "builtin", "default")).toEqual([
      "build",
      "--progress=plain",
      "--file",
      "/src/Dockerfile",
      "--target",
      "production",
      "--platform",
      "linux/amd64",
      "--network",
      "none",
      "--tag",
      "a:1",
      "--tag",
      "a:2",
      "--build-arg",
      "A=1 2",
      "--label",
      "l=v",
      "--secret",
      "id=npmrc,src=/home/me/.npmrc",
      "/src",
    ]);
  });

  it("builds with the daemon's own builder, which alone sees local bases", () => {
    expect(buildArgs({ context: "/src", tags: ["a:1"] }, "buildx", "desktop-linux").slice(0, 5)).toEqual([
      "buildx",
      "build",
      "--builder",
      "desktop-linux",
      "--load",
    ]);
  });
});

describe("buildError", () => {
  it.each([
    ['failed to do request: Head "https://registry/v2/library/debian": no such host', "TF1202"],
    ["npm error code ENOTFOUND", "TF1205"],
    ["E: Temporary failure resolving 'mirror'", "TF1205"],
    ["npm error code SELF_SIGNED_CERT_IN_CHAIN\nself-signed certificate in certificate chain", "TF1206"],
    ["invalid peer certificate: UnknownIssuer", "TF1206"],
    ["Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", "TF1101"],
    ['"/nothere" not found: not found', "TF1201"],
  ])("%j is %s", async (output, code) => {
    expect((await buildError("a:1", output)).code).toBe(code);
  });

  it("shows the last lines without BuildKit's bookkeeping", async () => {
    const error = await buildError("a:1", "#4 [2/2] RUN false\n#4 sha256:00\n#4 DONE 0.1s\nexit code: 1");
    expect(error.detail).toEqual(["[2/2] RUN false", "exit code: 1"]);
  });
});

describe("parseInfo", () => {
  const raw = {
    ServerVersion: "29.0.0",
    Driver: "overlayfs",
    DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]],
    DockerRootDir: "/var/lib/docker",
    CgroupVersion: "2",
    CgroupDriver: "systemd",
    OperatingSystem: "Docker Desktop",
    SecurityOptions: ["name=rootless"],
    Architecture: "aarch64",
    NCPU: 4,
    MemTotal: 8e9,
  };

  it("reads what matters here", () => {
    expect(parseInfo(JSON.stringify(raw))).toEqual({
      serverVersion: "29.0.0",
      storageDriver: "overlayfs",
      containerdImageStore: true,
      rootDir: "/var/lib/docker",
      cgroupVersion: "2",
      cgroupDriver: "systemd",
      operatingSystem: "Docker Desktop",
      dockerDesktop: true,
      rootless: true,
      architecture: "arm64",
      cpus: 4,
      memory: 8e9,
    });
  });

  it("knows no daemon from one, though old clients exit 0 and new ones print zeros", () => {
    expect(parseInfo('{"ServerErrors":["Cannot connect"],"ClientInfo":{}}')).toBeUndefined();
    expect(parseInfo('{"ID":"","ServerVersion":"","NCPU":0}')).toBeUndefined();
    expect(parseInfo("")).toBeUndefined();
  });
});
