import { describe, expect, it } from "vitest";
import { daemonError, daemonProblem, diskFull, type Host } from "../../../../local/docker/failures.ts";

const linux: Host = { platform: "linux", wsl: false, systemd: true, root: false, dockerHost: undefined };

describe("daemonProblem", () => {
  it.each([
    [
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      "not running",
    ],
    [
      "failed to connect to the docker API at unix:///run/docker.sock; check if the path is correct",
      "not running",
    ],
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://x/v1.24/containers/json": dial unix /var/run/docker.sock: connect: permission denied',
      "not permitted",
    ],
    ["Command failed with ENOENT: docker ps\nspawn docker ENOENT", "not installed"],
    ["Error response from daemon: No such container: x", undefined],
    ["exec: /app/run: permission denied", undefined],
  ])("reads %j", (output, expected) => {
    expect(daemonProblem(output)).toBe(expected);
  });
});

describe("daemonError", () => {
  const fix = (problem: "not installed" | "not running" | "not permitted", host: Partial<Host>) =>
    daemonError(problem, "", { ...linux, ...host }).fix[0];

  it("is TF1101 with the command that mends it on this system", () => {
    expect(daemonError("not running", "a\nb", linux)).toMatchObject({ code: "TF1101", detail: ["a", "b"] });
    expect(fix("not running", {})).toBe("sudo systemctl start docker");
    expect(fix("not running", { root: true, systemd: false })).toBe("service docker start");
    expect(fix("not running", { platform: "darwin" })).toBe("open -a Docker");
    expect(fix("not running", { wsl: true, systemd: false })).toContain("WSL integration");
    expect(fix("not permitted", {})).toContain("usermod -aG docker");
    expect(fix("not installed", {})).toContain("sudo apt-get install docker.io");
  });

  it("names DOCKER_HOST where that is what leads nowhere", () => {
    const error = daemonError("not running", "", { ...linux, dockerHost: "unix:///gone.sock" });
    expect(error.what).toContain("unix:///gone.sock");
    expect(error.fix[0]).toContain("unset DOCKER_HOST");
  });
});

it("knows a full disk by docker's words", () => {
  expect(diskFull("failed to solve: write /var/lib/docker/x: no space left on device")).toBe(true);
  expect(diskFull("failed to solve: exit code 1")).toBe(false);
});
