/** Which system this is, as far as mending commands depend on it. */
import { readFileSync } from "node:fs";

export interface Machine {
  system: "linux" | "wsl" | "macos" | "other";
  /** e.g. `Debian GNU/Linux 12 (bookworm)`, `macOS`. */
  name: string;
  /** How software is installed here; undefined where we do not know. */
  packages: "apt" | "dnf" | "pacman" | "zypper" | "apk" | "brew" | undefined;
  root: boolean;
  /** Is systemd the init, so that `systemctl` works? */
  systemd: boolean;
  /** As Node names it: x64, arm64. */
  arch: string;
}

export interface MachineFacts {
  platform: NodeJS.Platform;
  arch: string;
  uid: number | undefined;
  /** Text of these files; empty where they are not. */
  osRelease: string;
  kernelRelease: string;
  init: string;
}

const families: readonly (readonly [RegExp, NonNullable<Machine["packages"]>])[] = [
  [/\b(debian|ubuntu)\b/, "apt"],
  [/\b(fedora|rhel|centos)\b/, "dnf"],
  [/\barch\b/, "pacman"],
  [/\bsuse\b|\bopensuse/, "zypper"],
  [/\balpine\b/, "apk"],
];

/** Tells the system from its facts; pure. */
export function machineOf(facts: MachineFacts): Machine {
  const { platform, arch, uid, osRelease, kernelRelease, init } = facts;
  const common = { arch, root: uid === 0, systemd: init.trim() === "systemd" };
  if (platform === "darwin") return { ...common, system: "macos", name: "macOS", packages: "brew" };
  if (platform !== "linux") return { ...common, system: "other", name: platform, packages: undefined };
  const value = (key: string): string =>
    new RegExp(`^${key}="?([^"\\n]*)"?$`, "m").exec(osRelease)?.[1] ?? "";
  const kin = `${value("ID")} ${value("ID_LIKE")}`;
  return {
    ...common,
    system: /microsoft/i.test(kernelRelease) ? "wsl" : "linux",
    name: value("PRETTY_NAME") || "Linux",
    packages: families.find(([pattern]) => pattern.test(kin))?.[1],
  };
}

/** This machine. */
export function thisMachine(): Machine {
  const read = (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return "";
    }
  };
  return machineOf({
    platform: process.platform,
    arch: process.arch,
    uid: process.getuid?.(),
    osRelease: read("/etc/os-release"),
    kernelRelease: read("/proc/sys/kernel/osrelease"),
    init: read("/proc/1/comm"),
  });
}

const installers = {
  apt: "apt-get install",
  dnf: "dnf install",
  pacman: "pacman -S",
  zypper: "zypper install",
  apk: "apk add",
  brew: "brew install",
} as const;

/** Names of what we need where they differ from Debian's. */
const packageNames: Readonly<Record<string, Partial<Record<NonNullable<Machine["packages"]>, string>>>> = {
  "docker-buildx": { dnf: "docker-buildx", apk: "docker-cli-buildx", brew: "docker-buildx" },
  "docker.io": {
    dnf: "moby-engine",
    pacman: "docker",
    zypper: "docker",
    apk: "docker",
    brew: "--cask docker-desktop",
  },
  python3: { dnf: "python3.13", pacman: "python", zypper: "python313", brew: "python@3.13" },
};

/** `command` as this user has to type it. */
export function asRoot(machine: Machine, command: string): string {
  return machine.root || machine.system === "macos" ? command : `sudo ${command}`;
}

/** The command that installs a package, named as Debian names it; a sentence where we do not know how. */
export function installCommand(machine: Machine, name: string): string {
  if (!machine.packages) return `# install ${name} with your system's package manager`;
  const theirs = packageNames[name]?.[machine.packages] ?? name;
  return asRoot(machine, `${installers[machine.packages]} ${theirs}`);
}
