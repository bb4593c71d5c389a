/** Reads docker's own words for the failures that a person can mend. */
import { readFileSync } from "node:fs";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, run } from "../run.ts";
import { dockerClient } from "./client.ts";

/** What the mending command depends on. */
export interface Host {
  platform: NodeJS.Platform;
  wsl: boolean;
  /** Is systemd the init, so that `systemctl` works? */
  systemd: boolean;
  root: boolean;
  dockerHost: string | undefined;
}

function thisHost(): Host {
  const read = (file: string): string => {
    try {
      return readFileSync(file, "utf8").trim();
    } catch {
      return "";
    }
  };
  return {
    platform: process.platform,
    wsl: /microsoft/i.test(read("/proc/sys/kernel/osrelease")),
    systemd: read("/proc/1/comm") === "systemd",
    root: process.getuid?.() === 0,
    dockerHost: process.env.DOCKER_HOST,
  };
}

/** Why the daemon does not answer, from docker's output; undefined when the output says nothing of the kind. */
export function daemonProblem(output: string): "not installed" | "not running" | "not permitted" | undefined {
  if (/spawn docker ENOENT|docker: (command )?not found/.test(output)) return "not installed";
  if (/permission denied while trying to connect|dial unix .*permission denied/i.test(output)) {
    return "not permitted";
  }
  return /Cannot connect to the Docker daemon|Is the docker daemon running|error during connect|failed to connect to the docker API|docker daemon is not running/i.test(
    output,
  )
    ? "not running"
    : undefined;
}

const startOn = (host: Host): string => {
  if (host.platform === "darwin") return "open -a Docker";
  const sudo = host.root ? "" : "sudo ";
  if (host.systemd) return `${sudo}systemctl start docker`;
  return host.wsl
    ? `${sudo}service docker start   (or start Docker Desktop with WSL integration for this distribution)`
    : `${sudo}service docker start`;
};

const installOn = (host: Host): string => {
  if (host.platform === "darwin") return "brew install --cask docker && open -a Docker";
  const sudo = host.root ? "" : "sudo ";
  return host.wsl
    ? `install Docker Desktop on Windows with WSL integration, or: ${sudo}apt-get install docker.io`
    : `${sudo}apt-get install docker.io   (or your distribution's Docker package)`;
};

/** The error for a daemon that does not answer, with the command that mends it on `host`. */
export function daemonError(
  problem: "not installed" | "not running" | "not permitted",
  output: string,
  host: Host = thisHost(),
): TaskFlowError {
  const at = host.dockerHost ? ` at ${host.dockerHost} (from DOCKER_HOST)` : "";
  const facts = {
    "not installed": { what: "there is no docker program on PATH", fix: installOn(host) },
    "not running": {
      what: `no Docker daemon listens${at}`,
      fix: host.dockerHost
        ? `unset DOCKER_HOST   (or start the daemon at ${host.dockerHost})`
        : startOn(host),
    },
    "not permitted": {
      what: `this user may not talk to the Docker daemon${at}`,
      fix: 'sudo usermod -aG docker "$USER" && newgrp docker',
    },
  }[problem];
  return new TaskFlowError("TF1101", {
    what: facts.what,
    detail: lastLines(output, 3),
    values: { fix: facts.fix },
  });
}

/** Did a write meet a full disk? */
export const diskFull = (output: string): boolean => /no space left on device/i.test(output);

/**
 * The error that docker's output stands for, where it is one of those that any docker command can meet:
 * TF1101 (no daemon) or TF1103 (disk full, with docker's own account of the disk). Otherwise undefined.
 */
export async function failureOf(output: string): Promise<TaskFlowError | undefined> {
  const problem = daemonProblem(output);
  if (problem) return daemonError(problem, output);
  if (!diskFull(output)) return undefined;
  const used = await run((await dockerClient()).path, ["system", "df"], { timeout: 10_000 });
  return new TaskFlowError("TF1103", {
    what: "Docker's disk is full",
    detail: [...lastLines(output.split("\n").filter(diskFull).join("\n"), 2), ...lastLines(used.stdout, 6)],
  });
}
