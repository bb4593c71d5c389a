import { expect, test } from "vitest";
import { asRoot, installCommand, type MachineFacts, machineOf } from "../../../../local/doctor/machine.ts";

const facts: MachineFacts = {
  platform: "linux",
  arch: "x64",
  uid: 1000,
  osRelease: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
  kernelRelease: "6.1.0-13-amd64\n",
  init: "systemd\n",
};
const on = (changes: Partial<MachineFacts>) => machineOf({ ...facts, ...changes });

test("Debian", () => {
  expect(on({})).toEqual({
    system: "linux",
    name: "Debian GNU/Linux 12 (bookworm)",
    packages: "apt",
    root: false,
    systemd: true,
    arch: "x64",
  });
});

test.each([
  ["ID=ubuntu\nID_LIKE=debian\n", "sudo apt-get install docker.io"],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "sudo dnf install moby-engine"],
  ["ID=arch\n", "sudo pacman -S docker"],
  ['ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', "sudo zypper install docker"],
  ["ID=alpine\n", "sudo apk add docker"],
  ["ID=exotic\n", "# install docker.io with your system's package manager"],
])("%s", (osRelease, command) => expect(installCommand(on({ osRelease }), "docker.io")).toBe(command));

test("macOS: Homebrew, never sudo", () => {
  const mac = on({ platform: "darwin", osRelease: "" });
  expect(mac.system).toBe("macos");
  expect(installCommand(mac, "docker.io")).toBe("brew install --cask docker-desktop");
  expect(asRoot(mac, "x")).toBe("x");
});

test("WSL 2 is told by its kernel, root by its number", () => {
  expect(on({ kernelRelease: "5.15.167.4-microsoft-standard-WSL2" }).system).toBe("wsl");
  expect(asRoot(on({ uid: 0 }), "apt-get update")).toBe("apt-get update");
});

test("Windows itself is another system", () => expect(on({ platform: "win32" }).system).toBe("other"));
