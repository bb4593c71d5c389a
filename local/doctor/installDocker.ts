/** Installs Docker from the distribution's packages and starts it: Debian and Ubuntu, as root. */
import { spawn } from "node:child_process";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { stateDir } from "../paths.ts";
import { lastLines, type Report } from "../run.ts";
import type { Machine } from "./machine.ts";
import type { Context } from "./types.ts";

/**
 * Debian's names. Newer releases have the client and buildx in packages of their own; older ones have neither, and need
 * neither: their client has BuildKit built in.
 */
const wantedPackages = ["docker.io", "docker-cli", "docker-buildx", "containerd", "runc", "iptables"];

/** Milliseconds for the daemon's first answer; its first start makes a network and looks through its storage. */
const startTimeout = 60_000;

const daemonConfig = "/etc/docker/daemon.json";
export const daemonLog = join(stateDir, "dockerd.log");

/** Is this a system on which we install Docker? Elsewhere the error says how to do it. */
export function canInstallDocker({ system, packages, root }: Machine): boolean {
  return (system === "linux" || system === "wsl") && packages === "apt" && root;
}

/** What it does to the machine; tests put their own in its place. */
export interface Installer {
  run: Context["run"];
  env: Context["env"];
  machine: Machine;
  /** Starts the daemon apart from this process; resolves with what it said when it ends before `signal` aborts. */
  startDaemon(signal: AbortSignal): Promise<string>;
  writeDataRoot(path: string): Promise<void>;
  /** Milliseconds between two questions to the daemon. */
  interval: number;
}

/**
 * Installs what is missing and returns when the daemon answers. `TASKFLOW_DOCKER_DATA_ROOT` puts the daemon's data
 * elsewhere, for machines whose root disk is small.
 * @throws TaskFlowError TF1112 with the last lines of apt-get or of the daemon's log.
 */
export async function installDocker(
  report: Report,
  context: Pick<Context, "run" | "env" | "machine">,
): Promise<void> {
  await install(report, { startDaemon, writeDataRoot, interval: 250, ...context });
}

/** As installDocker, over any machine. */
export async function install(report: Report, installer: Installer): Promise<void> {
  const { run, env, machine } = installer;
  const dataRoot = env.TASKFLOW_DOCKER_DATA_ROOT;
  // Before the packages, whose scripts may start the daemon.
  if (dataRoot) await installer.writeDataRoot(dataRoot);
  if ((await run("dockerd", ["--version"])).failed || (await run("docker", ["--version"])).failed) {
    const apt = (args: string[]) => aptGet(installer, args, report);
    await apt(["update"]);
    const known = new Set((await run("apt-cache", ["pkgnames"])).stdout.split("\n"));
    const packages = wantedPackages.filter((name) => known.has(name));
    report(`installing ${packages.join(", ")}`);
    await apt(["install", "--yes", "--no-install-recommends", ...packages]);
  }
  if (await answers(installer)) return;
  report("starting the Docker daemon");
  if (!machine.systemd) return startDetached(installer);
  const started = await run("systemctl", ["enable", "--now", "docker"], { report });
  if (started.failed) throw notInstalled("systemctl could not start Docker", started.all);
  await untilItAnswers(installer, new AbortController().signal);
}

/** Without systemd: a process of its own that outlives this one. */
async function startDetached(installer: Installer): Promise<void> {
  const controller = new AbortController();
  const ended = installer.startDaemon(controller.signal).then((said) => {
    if (!controller.signal.aborted) throw notInstalled("the Docker daemon ended at its start", said);
  });
  try {
    await Promise.race([ended, untilItAnswers(installer, controller.signal)]);
  } finally {
    controller.abort();
    await ended.catch(() => {});
  }
}

async function untilItAnswers(installer: Installer, signal: AbortSignal): Promise<void> {
  const until = Date.now() + startTimeout;
  while (!signal.aborted) {
    if (await answers(installer)) return;
    if (Date.now() > until) {
      const log = await readFile(daemonLog, "utf8").catch(() => "");
      throw notInstalled(`the Docker daemon did not answer within ${startTimeout / 1000} s`, log);
    }
    await sleep(installer.interval);
  }
}

async function answers({ run }: Installer): Promise<boolean> {
  return !(await run("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 5_000 })).failed;
}

async function aptGet({ run }: Installer, args: string[], report: Report): Promise<void> {
  const result = await run("apt-get", args, {
    report,
    // No questions, and no hint that a person should be asked to restart services.
    env: { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "a" },
  });
  if (result.failed) throw notInstalled(`apt-get ${args[0]} failed`, result.all);
}

/** `setsid dockerd`, its output to a file; answers when it ends. */
async function startDaemon(signal: AbortSignal): Promise<string> {
  await mkdir(dirname(daemonLog), { recursive: true });
  const log = await open(daemonLog, "a");
  const child = spawn("dockerd", [], { detached: true, stdio: ["ignore", log.fd, log.fd] });
  await new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  // From here on it lives by itself.
  child.unref();
  await log.close();
  return readFile(daemonLog, "utf8");
}

/** The daemon's own configuration file, which it reads however it is started. One that is there already is left alone. */
async function writeDataRoot(path: string): Promise<void> {
  await mkdir(dirname(daemonConfig), { recursive: true });
  const text = `${JSON.stringify({ "data-root": path }, null, 2)}\n`;
  await writeFile(daemonConfig, text, { flag: "wx" }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    const existing: unknown = JSON.parse(await readFile(daemonConfig, "utf8"));
    if ((existing as Record<string, unknown>)["data-root"] === path) return;
    throw new TaskFlowError("TF1112", {
      what: `TASKFLOW_DOCKER_DATA_ROOT is ${path}, but ${daemonConfig} is there already and says otherwise`,
      fix: [`# put "data-root": "${path}" into ${daemonConfig}`, "npm run up"],
    });
  });
}

function notInstalled(what: string, output: string): TaskFlowError {
  return new TaskFlowError("TF1112", { what, detail: lastLines(output) });
}
