/** One PostgreSQL server: its files and its process. Knows nothing of who uses it. */
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { lastLines, type RunResult, run } from "../run.ts";
import type { Account } from "./account.ts";
import { program } from "./binaries.ts";
import { accessRules, type ServerSettings, serverConfig, superuser } from "./settings.ts";

export interface Instance {
  /** Directory of the programs (`nativeDirectory`). */
  native: string;
  /** Directory of the server's own, mode 0700, which holds everything below. */
  home: string;
  account: Account;
}

/** The major version that the npm package brings. */
export const majorVersion = 18;

export const dataDir = (instance: Instance) => join(instance.home, "data");
export const logFile = (instance: Instance) => join(instance.home, "server.log");
const pidFile = (instance: Instance) => join(dataDir(instance), "postmaster.pid");

function runAsServer(
  instance: Instance,
  name: "initdb" | "pg_ctl" | "postgres",
  args: string[],
  input?: string,
): Promise<RunResult> {
  return run(program(instance.native, name), args, {
    ...instance.account,
    // The caller's own directory may be closed to the server's account.
    cwd: instance.home,
    env: { LC_ALL: "C", PGDATA: undefined, PGPORT: undefined },
    ...(input === undefined ? {} : { input }),
  });
}

async function writeAsServer(instance: Instance, file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  const { uid, gid } = instance.account;
  if (uid !== undefined && gid !== undefined) await chown(file, uid, gid);
}

/** Makes the server's home, owned by its account. */
export async function makeHome(instance: Instance): Promise<void> {
  await mkdir(dirname(instance.home), { recursive: true });
  await mkdir(instance.home, { recursive: true, mode: 0o700 });
  const { uid, gid } = instance.account;
  if (uid !== undefined && gid !== undefined) await chown(instance.home, uid, gid);
}

/** Is there a database cluster? @throws TaskFlowError TF1405 when it is of another major version. */
export async function initialised(instance: Instance): Promise<boolean> {
  const version = await readFile(join(dataDir(instance), "PG_VERSION"), "utf8").catch(() => undefined);
  if (version === undefined) return false;
  if (version.trim() !== String(majorVersion)) {
    throw new TaskFlowError("TF1405", {
      what: `the data in ${dataDir(instance)} is of PostgreSQL ${version.trim()}, the program is PostgreSQL ${majorVersion}`,
    });
  }
  return true;
}

/** Makes the database cluster beside its place and moves it there, so that a broken-off attempt leaves nothing. */
export async function initialise(instance: Instance, superuserPassword: string): Promise<void> {
  const partial = join(instance.home, "data.new");
  const passwordFile = join(instance.home, "password");
  await rm(partial, { recursive: true, force: true });
  await writeAsServer(instance, passwordFile, `${superuserPassword}\n`);
  try {
    const made = await runAsServer(instance, "initdb", [
      `--pgdata=${partial}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // The built-in provider sorts alike on every system, whatever locales it has.
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--no-instructions",
    ]);
    if (made.failed) {
      throw new TaskFlowError("TF1402", { what: "initdb failed", detail: lastLines(made.all) });
    }
    await rename(partial, dataDir(instance));
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Gives the superuser a new password without knowing the old one; the server must be stopped. */
export async function resetSuperuserPassword(instance: Instance, password: string): Promise<void> {
  const statement = `ALTER ROLE ${superuser} PASSWORD '${password}'\n`;
  const result = await runAsServer(
    instance,
    "postgres",
    ["--single", "-D", dataDir(instance), "postgres"],
    statement,
  );
  if (result.failed || /\b(ERROR|FATAL):/.test(result.all)) {
    throw new TaskFlowError("TF1402", {
      what: "the password of the database's superuser could not be set anew",
      detail: lastLines(result.all.replaceAll(password, "***")),
    });
  }
}

/** Which configuration files differ from the wanted: a server setting needs a restart, access rules only a reload. */
export async function outdated(
  instance: Instance,
  settings: ServerSettings,
): Promise<{ server: boolean; access: boolean }> {
  const differs = async (name: string, text: string) =>
    (await readFile(join(dataDir(instance), name), "utf8").catch(() => "")) !== text;
  const [server, access] = await Promise.all([
    differs("postgresql.conf", serverConfig(settings)),
    differs("pg_hba.conf", accessRules(settings)),
  ]);
  return { server, access };
}

/** Writes both configuration files. */
export async function configure(instance: Instance, settings: ServerSettings): Promise<void> {
  await writeAsServer(instance, join(dataDir(instance), "postgresql.conf"), serverConfig(settings));
  await writeAsServer(instance, join(dataDir(instance), "pg_hba.conf"), accessRules(settings));
}

/** The server's process ID while it runs; a stale file, or one whose number now belongs to another program, is no server. */
export async function processId(instance: Instance): Promise<number | undefined> {
  const pid = await recordedPid(instance);
  return pid !== undefined && (await runsOn(pid, dataDir(instance))) ? pid : undefined;
}

async function recordedPid(instance: Instance): Promise<number | undefined> {
  const text = await readFile(pidFile(instance), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : undefined;
}

async function runsOn(pid: number, directory: string): Promise<boolean> {
  if (process.platform === "linux") {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return line.split("\0").includes(directory);
  }
  return (await run("ps", ["-ww", "-p", String(pid), "-o", "command="])).stdout.includes(directory);
}

/** Starts the server as a daemon that outlives this process; returns when it accepts connections. */
export async function start(instance: Instance): Promise<void> {
  await forgetForeignPid(instance);
  await keepOneOldLog(logFile(instance));
  const deadline = Date.now() + 120_000;
  for (;;) {
    const args = ["start", "-D", dataDir(instance), "-l", logFile(instance), "-w", "-t", "60", "-s"];
    const started = await runAsServer(instance, "pg_ctl", args);
    if (!started.failed) return;
    // A long recovery after a crash, or another process of ours that was first: it is on its way all the same.
    if (await becomesReady(instance, deadline)) return;
    const log = lastLines(await readFile(logFile(instance), "utf8").catch(() => started.all));
    // After a kill -9 the server's children need a moment to notice and let go of the shared memory.
    const waiting = log.some((line) => line.includes("pre-existing shared memory block"));
    if (!waiting || Date.now() > deadline) {
      throw new TaskFlowError("TF1402", { what: `see ${logFile(instance)}`, detail: log });
    }
    await delay(100);
  }
}

/** Waits while there is a server that does not accept connections yet. False when there is none, or not in time. */
export async function becomesReady(instance: Instance, deadline = Date.now() + 120_000): Promise<boolean> {
  while ((await processId(instance)) !== undefined && Date.now() < deadline) {
    // The server writes its state into the eighth line of its process file.
    const text = await readFile(pidFile(instance), "utf8").catch(() => "");
    if (text.split("\n")[7]?.trim() === "ready") return true;
    await delay(100);
  }
  return false;
}

/**
 * A crash or a reboot leaves postmaster.pid behind. PostgreSQL sorts that out by itself unless the number has been
 * given to another program of the same user since: then it would refuse to start.
 */
async function forgetForeignPid(instance: Instance): Promise<void> {
  const pid = await recordedPid(instance);
  if (pid === undefined || (await runsOn(pid, dataDir(instance)))) return;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
  }
  await rm(pidFile(instance), { force: true });
}

async function keepOneOldLog(file: string): Promise<void> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > 5_000_000) await rename(file, `${file}.1`);
}

/** Takes up a changed pg_hba.conf. */
export async function reload(instance: Instance): Promise<void> {
  await runAsServer(instance, "pg_ctl", ["reload", "-D", dataDir(instance), "-s"]);
}

/** Stops the server and breaks open connections off; returns whether one was running. */
export async function stop(instance: Instance, mode: "fast" | "immediate" = "fast"): Promise<boolean> {
  const pid = await processId(instance);
  if (pid === undefined) return false;
  const args = ["stop", "-D", dataDir(instance), "-m", mode, "-w", "-t", "60", "-s"];
  const stopped = await runAsServer(instance, "pg_ctl", args);
  if (stopped.failed && (await processId(instance)) !== undefined) {
    throw new TaskFlowError("TF1407", {
      what: `process ${pid} still runs`,
      detail: lastLines(stopped.all),
      values: { pid: String(pid) },
    });
  }
  return true;
}
