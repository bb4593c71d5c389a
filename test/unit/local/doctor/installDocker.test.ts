import { expect, test } from "vitest";
import { canInstallDocker, type Installer, install } from "../../../../local/doctor/installDocker.ts";
import type { RunOptions } from "../../../../local/run.ts";
import { context, failed, succeeded } from "./support.ts";

/** A Debian machine without Docker, in memory. */
function machine(facts: { systemd?: boolean; packages?: string[]; dataRoot?: string } = {}) {
  const did: string[] = [];
  const state = {
    installed: false,
    answersAfter: Number.POSITIVE_INFINITY,
    asked: 0,
    autostart: false,
    dies: "",
  };
  const installer: Installer = {
    env: facts.dataRoot ? { TASKFLOW_DOCKER_DATA_ROOT: facts.dataRoot } : {},
    machine: { ...context().machine, root: true, systemd: facts.systemd ?? false },
    interval: 0,
    async run(file: string, args: readonly string[], options?: RunOptions) {
      const command = [file, ...args].join(" ");
      if (file === "apt-cache")
        return succeeded((facts.packages ?? ["docker.io", "containerd", "runc", "iptables"]).join("\n"));
      if (args[0] === "--version") return state.installed ? succeeded("Docker version 20.10.24") : failed();
      if (file === "docker")
        return ++state.asked > state.answersAfter ? succeeded("20.10.24") : failed("Cannot connect");
      did.push(options?.env?.DEBIAN_FRONTEND ? `${command} (${options.env.DEBIAN_FRONTEND})` : command);
      if (args[0] === "install") {
        state.installed = true;
        if (state.autostart) state.answersAfter = 0;
      }
      if (file === "systemctl") state.answersAfter = state.asked + 2;
      return succeeded();
    },
    async startDaemon(signal) {
      did.push("start the daemon");
      if (state.dies) return state.dies;
      state.answersAfter = state.asked + 2;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve("")));
    },
    async writeDataRoot(path) {
      did.push(`data-root ${path}`);
    },
  };
  return { installer, state, did };
}

const update = "apt-get update (noninteractive)";
const installs = (packages: string) =>
  `apt-get install --yes --no-install-recommends ${packages} (noninteractive)`;

test("installs the packages and starts the daemon as a process where there is no systemd", async () => {
  const { installer, did } = machine();
  await install(() => {}, installer);
  expect(did).toEqual([update, installs("docker.io containerd runc iptables"), "start the daemon"]);
});

test("takes the client and buildx where they are packages of their own", async () => {
  const packages = [
    "docker-cli",
    "docker.io",
    "docker-buildx",
    "containerd",
    "runc",
    "iptables",
    "docker-compose",
  ];
  const { installer, did } = machine({ packages });
  await install(() => {}, installer);
  expect(did[1]).toBe(installs("docker.io docker-cli docker-buildx containerd runc iptables"));
});

test("lets systemd start it where there is one", async () => {
  const { installer, did } = machine({ systemd: true });
  await install(() => {}, installer);
  expect(did.at(-1)).toBe("systemctl enable --now docker");
});

test("installs nothing that is there, starts nothing that answers", async () => {
  const installed = machine();
  installed.state.installed = true;
  await install(() => {}, installed.installer);
  expect(installed.did).toEqual(["start the daemon"]);
  const started = machine();
  started.state.autostart = true;
  await install(() => {}, started.installer);
  expect(started.did).not.toContain("start the daemon");
});

test("the data root is written before the packages' scripts may start the daemon", async () => {
  const { installer, did } = machine({ dataRoot: "/big/docker" });
  await install(() => {}, installer);
  expect(did[0]).toBe("data-root /big/docker");
});

test("a daemon that ends at once is TF1112 with its last lines, not a wait of a minute", async () => {
  const { installer, state } = machine();
  state.dies = "level=info\nfailed to start daemon: Devices cgroup isn't mounted\n";
  await expect(install(() => {}, installer)).rejects.toMatchObject({
    code: "TF1112",
    what: "the Docker daemon ended at its start",
    detail: ["level=info", "failed to start daemon: Devices cgroup isn't mounted"],
  });
});

test("apt-get's failure is TF1112 with its last lines", async () => {
  const { installer } = machine();
  const { run } = installer;
  installer.run = async (file, args, options) =>
    file === "apt-get" && args[0] === "install"
      ? failed("E: Unable to locate package")
      : run(file, args, options);
  await expect(install(() => {}, installer)).rejects.toMatchObject({
    code: "TF1112",
    what: "apt-get install failed",
    detail: ["E: Unable to locate package"],
  });
});

test("only as root on Debian's family", () => {
  const { machine: base } = context();
  expect(canInstallDocker({ ...base, root: true })).toBe(true);
  expect(canInstallDocker(base)).toBe(false);
  expect(canInstallDocker({ ...base, root: true, packages: "dnf" })).toBe(false);
  expect(canInstallDocker({ ...base, root: true, system: "macos" })).toBe(false);
});
