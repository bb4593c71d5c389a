/** What can go wrong on one machine, done to this checkout's own cluster, database and processes. */
import { appendFile, mkdtemp, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { createServer, connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { containerName } from "../../../local/clusters/embedded/container.ts";
import { dockerOrFail } from "../../../local/docker.ts";
import { repoRoot } from "../../../local/paths.ts";
import { postgresStatus, stopPostgres } from "../../../local/postgres/index.ts";
import { succeeds, taskflow } from "../../support/cli.ts";
import { kubectl, kubectlCommand, object } from "../../support/cluster.ts";
import { chosen } from "../rollout/load.ts";

export interface Fault {
  what: string;
  /** Returns when whoever mends it has done what there is to do; the app may need a moment more. */
  happen(): Promise<void>;
}

// Many processes, each smaller than the service: a kernel that kills only one of a container takes the largest.
const pythonHogs = `
import os, time
open("/proc/1/oom_score_adj", "w").write("1000")
for _ in range(14):
    if os.fork() == 0:
        x = b"x" * (40 << 20)
        time.sleep(30)
        os._exit(0)
time.sleep(20)`;
const nodeHogs = `
fs.writeFileSync("/proc/1/oom_score_adj", "1000");
const hog = "globalThis.x = Buffer.alloc(25 * 2 ** 20, 1); setTimeout(() => {}, 30000)";
for (let i = 0; i < 12; i++) child_process.spawn(process.execPath, ["-e", hog]);
setTimeout(() => {}, 20000)`;

export const faults: Fault[] = [
  { what: "SIGKILL of the backend's process", happen: () => signal("KILL", "^python[0-9.]* -m app ") },
  { what: "SIGKILL of the frontend's process", happen: () => signal("KILL", "^next-server") },
  { what: "backend out of memory", happen: () => exhaust("backend", ["python3.13", "-c", pythonHogs]) },
  {
    what: "frontend out of memory",
    happen: () => exhaust("frontend", ["/usr/local/bin/node", "-e", nodeHogs]),
  },
  {
    what: "/tmp of the backend's pod over its limit (it is evicted)",
    happen: () =>
      exhaust("backend", ["python3.13", "-c", "open('/tmp/full', 'wb').write(b'x' * (80 << 20))"]),
  },
  {
    what: "restart of the node's container",
    async happen() {
      await dockerOrFail(["restart", containerName]);
      await succeeds(["up"], chosen);
    },
  },
  {
    what: "PostgreSQL stopped and started",
    async happen() {
      await stopPostgres();
      await succeeds(["up"], chosen);
    },
  },
  {
    what: "PostgreSQL gone for 60 s",
    async happen() {
      await stopPostgres();
      await sleep(60_000);
      await succeeds(["up"], chosen);
    },
  },
  { what: "PostgreSQL's disk full for 20 s", happen: fillDisk },
  { what: "every connection to PostgreSQL reset, three times", happen: cutConnections },
  {
    what: "DNS silent for 20 s",
    async happen() {
      await signal("STOP", "^/usr/local/bin/kubernetes coredns");
      await sleep(20_000);
      await signal("CONT", "^/usr/local/bin/kubernetes coredns");
    },
  },
  {
    what: "a key missing in the backend's Secret, and a restart",
    async happen() {
      const patch = [{ op: "remove", path: "/data/BETTER_AUTH_SECRET" }];
      await kubectl("patch", "secret", "backend-secrets", "--type=json", `--patch=${JSON.stringify(patch)}`);
      await kubectl("rollout", "restart", "deployment/backend");
      await sleep(10_000);
      await succeeds(["up"], chosen);
    },
  },
  {
    what: "`up` with a wrong password in DATABASE_URL",
    async happen() {
      const wrong = new URL(await databaseUrl());
      wrong.password = "wrong";
      const result = await taskflow(["up"], { ...chosen, TASKFLOW_DATABASE_URL: wrong.toString() });
      if (result.exitCode === 0) throw new Error("an `up` with a wrong password succeeded");
      await succeeds(["up"], chosen);
    },
  },
  {
    what: "an image that nobody has",
    async happen() {
      await kubectl("set", "image", "deployment/backend", "backend=todo-backend:nobody-has-it");
      await sleep(10_000);
      await succeeds(["up"], chosen);
    },
  },
  { what: "`up` of a new version killed at ten random moments, then run again", happen: killUps },
];

/** To the processes of the node whose command line matches (a basic regular expression). @throws where there are none. */
async function signal(name: "KILL" | "STOP" | "CONT", pattern: string): Promise<void> {
  const script = `n=0
for file in /proc/[0-9]*/cmdline; do
  pid=\${file#/proc/}; pid=\${pid%/cmdline}
  if tr '\\0' ' ' < "$file" 2>/dev/null | grep -q -- "$1"; then kill -"$2" "$pid" && n=$((n + 1)); fi
done
[ $n -gt 0 ]`;
  await dockerOrFail(["exec", containerName, "sh", "-c", script, "sh", pattern, name], {
    what: `SIG${name} to ${pattern}`,
  });
}

/** Runs a program in a component's container that takes more than the container may have. */
async function exhaust(component: "frontend" | "backend", command: string[]): Promise<void> {
  const { items } = JSON.parse(
    await kubectl(
      "get",
      "pods",
      `--selector=app=${component}`,
      "--field-selector=status.phase=Running",
      "--output=json",
    ),
  );
  const pod = items.find(
    ({ metadata }: { metadata: { deletionTimestamp?: string } }) => !metadata.deletionTimestamp,
  );
  const name = pod.metadata.name as string;
  await execa(...(await kubectlCommand("exec", name, `--container=${component}`, "--", ...command)), {
    reject: false,
  });
  // The kubelet looks at volumes once a minute.
  const until = Date.now() + 180_000;
  const before = pod.status.containerStatuses[0].containerID;
  // Until the container is another, has ended, or the pod is gone: then the fault has happened.
  for (;;) {
    const now = (await object("pod", name).catch(() => undefined))?.status.containerStatuses?.[0];
    if (now?.containerID !== before || now?.state.terminated) return;
    if (Date.now() > until) throw new Error(`${name} goes on as before`);
    await sleep(300);
  }
}

async function databaseUrl(): Promise<string> {
  const { data } = await object("secret", "backend-secrets");
  return Buffer.from(data.DATABASE_URL, "base64").toString();
}

/** The database's files lie on a small disk (tmpfs, so this needs root), which another file fills. */
async function fillDisk(): Promise<void> {
  const { dataDir } = await postgresStatus();
  const disk = await mkdtemp(join(tmpdir(), "taskflow-disk-"));
  await stopPostgres();
  const { stdout: used } = await execa("du", ["--summarize", "--block-size=1M", dataDir]);
  await execa("mount", ["-t", "tmpfs", "-o", `size=${Number.parseInt(used, 10) + 32}m`, "tmpfs", disk]);
  try {
    await execa("cp", ["--archive", `${dataDir}/.`, disk]);
    await execa("mount", ["--bind", disk, dataDir]);
    try {
      await succeeds(["up"], chosen);
      const filler = join(dataDir, "filler");
      await execa("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"], { reject: false });
      await sleep(20_000);
      await rm(filler);
      await sleep(5_000);
      await stopPostgres();
    } finally {
      await execa("umount", [dataDir]);
    }
    // What was acknowledged on the small disk is looked for afterwards.
    await execa("cp", ["--archive", disk, `${dataDir}.new`]);
    await rm(dataDir, { recursive: true });
    await rename(`${dataDir}.new`, dataDir);
  } finally {
    await execa("umount", [disk]);
    await rmdir(disk);
  }
  await succeeds(["up"], chosen);
}

/** The pods reach the database through a proxy, which resets all its connections, three times. */
async function cutConnections(): Promise<void> {
  const real = new URL(await databaseUrl());
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = dial(Number(real.port), "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    }
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, real.hostname, resolve));
  try {
    const through = new URL(real);
    through.port = String((proxy.address() as { port: number }).port);
    await succeeds(["up"], { ...chosen, TASKFLOW_DATABASE_URL: through.toString() });
    for (let cut = 0; cut < 3; cut++) {
      await sleep(2_000);
      if (sockets.size === 0) throw new Error("no connection goes through the proxy");
      for (const socket of sockets) socket.resetAndDestroy();
    }
    await sleep(2_000);
    await succeeds(["up"], chosen);
  } finally {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  }
}

/** A new version each time, so that there is something to do; the source is put back. */
async function killUps(): Promise<void> {
  const file = join(repoRoot, "backend", "app", "__main__.py");
  const source = await readFile(file, "utf8");
  try {
    for (let round = 1; round <= 10; round++) {
      await appendFile(file, `\n# ${round}\n`);
      const child = execa(process.execPath, [join(repoRoot, "bootstrap.mjs"), "up"], {
        cwd: repoRoot,
        env: { NO_COLOR: "1", ...chosen },
        stdio: "ignore",
        detached: true,
        reject: false,
      });
      await sleep(200 + Math.random() * 9_000);
      try {
        process.kill(-(child.pid as number), "SIGKILL");
      } catch {
        // It was done already.
      }
      await child;
    }
  } finally {
    await writeFile(file, source);
  }
  await succeeds(["up"], chosen);
}
