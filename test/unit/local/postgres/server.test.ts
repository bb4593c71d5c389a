import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { serverAccount } from "../../../../local/postgres/account.ts";
import { checkDatabaseUrl } from "../../../../local/postgres/index.ts";
import {
  ensureServer,
  type Place,
  type PostgresServer,
  serverStatus,
  stopServer,
} from "../../../../local/postgres/server.ts";
import { run } from "../../../../local/run.ts";

/** A server made once and stopped; most tests start from a copy, as making one takes seconds. */
let template: string;
let dir: string;
let place: Place;

const placeIn = (directory: string): Place => ({
  home: join(directory, "home"),
  credentialsFile: join(directory, "own/credentials.json"),
  firstPort: 26000 + (randomBytes(2).readUInt16BE() % 3000),
});

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "taskflow-pg-server-"));
  // The server's account may be another one than ours.
  await chmod(directory, 0o755);
  return directory;
}

beforeAll(async () => {
  template = await newDirectory();
  await ensureServer(placeIn(template));
  await stopServer(placeIn(template));
}, 60_000);
afterAll(() => rm(template, { recursive: true }));

beforeEach(async () => {
  dir = await newDirectory();
  place = placeIn(dir);
  const copied = await run("cp", ["-a", `${template}/.`, dir]);
  expect(copied.stderr).toBe("");
});
afterEach(async () => {
  await stopServer(place);
  await rm(dir, { recursive: true });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ value: unknown }>(sql)).rows.map((row) => row.value);
  } finally {
    await client.end();
  }
}

const pid = async () => (await serverStatus(place)).pid;
const local = (server: PostgresServer) => server.url("127.0.0.1");

/** Something to find again. */
const store = (server: PostgresServer) => query(local(server), "CREATE TABLE kept AS SELECT 7 AS value");
const stored = (server: PostgresServer) => query(local(server), "SELECT value FROM kept");

describe("the server", { timeout: 60_000 }, () => {
  it("comes up with an unprivileged role that owns its database, and is found again as it is", async () => {
    place = placeIn(join(dir, "fresh"));
    expect(await serverStatus(place)).toMatchObject({ state: "absent" });
    const server = await ensureServer(place);
    const facts = `SELECT concat(current_user, rolsuper, rolcreatedb, pg_get_userbyid(datdba)) AS value
                   FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`;
    expect(await query(local(server), facts)).toEqual(["taskflowfftaskflow"]);
    expect((await stat(place.credentialsFile)).mode & 0o777).toBe(0o600);

    const first = await pid();
    const before = performance.now();
    const again = await ensureServer(place);
    expect(performance.now() - before).toBeLessThan(100);
    expect([again.port, local(again), await pid()]).toEqual([server.port, local(server), first]);
  });

  it("keeps data, port and passwords over a stop", async () => {
    const server = await ensureServer(place);
    await store(server);
    expect(await stopServer(place)).toBe(true);
    expect(await stopServer(place)).toBe(false);
    expect(await serverStatus(place)).toMatchObject({ state: "stopped", port: server.port });
    const again = await ensureServer(place);
    expect(local(again)).toBe(local(server));
    expect(await stored(again)).toEqual([7]);
  });

  it("started by two at once is one server, and both find it ready", async () => {
    const [one, other] = await Promise.all([ensureServer(place), ensureServer(place)]);
    expect(local(one)).toBe(local(other));
    expect(await query(local(other), "SELECT 1 AS value")).toEqual([1]);
  });

  it("recovers from kill -9", async () => {
    const server = await ensureServer(place);
    await store(server);
    process.kill((await pid()) as number, "SIGKILL");
    expect(await stored(await ensureServer(place))).toEqual([7]);
  });

  it("is not fooled by a stale process ID that now belongs to another program of the same account", async () => {
    const server = await ensureServer(place);
    await store(server);
    const file = join(place.home, "data/postmaster.pid");
    const lines = (await readFile(file, "utf8")).split("\n");
    await stopServer(place);
    const other = spawn("sleep", ["600"], await serverAccount());
    try {
      await once(other, "spawn");
      await writeFile(file, [other.pid, ...lines.slice(1)].join("\n"));
      expect((await serverStatus(place)).state).toBe("stopped");
      expect(await stored(await ensureServer(place))).toEqual([7]);
      expect(other.exitCode).toBeNull();
    } finally {
      other.kill("SIGKILL");
    }
  });

  it("sets new passwords when the credentials file is lost", async () => {
    const server = await ensureServer(place);
    await store(server);
    await rm(place.credentialsFile);
    const again = await ensureServer(place);
    expect(await stored(again)).toEqual([7]);
    expect(
      await checkDatabaseUrl(local(server).replace(`:${server.port}/`, `:${again.port}/`)),
    ).toMatchObject({
      problem: "bad-password",
    });
  });

  it("moves when its port was taken meanwhile, but not from a port asked for", async () => {
    const server = await ensureServer(place);
    await stopServer(place);
    const squatter = createServer().listen(server.port, "127.0.0.1");
    await once(squatter, "listening");
    try {
      await expect(ensureServer(place, { port: server.port })).rejects.toMatchObject({ code: "TF1406" });
      const moved = await ensureServer(place);
      expect(moved.port).toBeGreaterThan(server.port);
      expect(await query(local(moved), "SELECT 1 AS value")).toEqual([1]);
    } finally {
      squatter.close();
    }
  });

  it("refuses data of another major version", async () => {
    await ensureServer(place);
    await stopServer(place);
    await writeFile(join(place.home, "data/PG_VERSION"), "16\n");
    await expect(ensureServer(place)).rejects.toMatchObject({ code: "TF1405" });
  });

  it("shows the log's last lines when it does not start", async () => {
    await ensureServer(place);
    await stopServer(place);
    await writeFile(join(place.home, "data/global/pg_control"), "rubbish");
    const error = await ensureServer(place).catch((caught) => caught);
    expect(error.code).toBe("TF1402");
    expect(error.detail.join("\n")).toContain("pg_control");
  });

  it("says which address it can't listen on", async () => {
    await expect(ensureServer(place, { listen: ["198.51.100.7"] })).rejects.toMatchObject({
      code: "TF1404",
      what: expect.stringContaining("198.51.100.7"),
    });
  });
});

// Every 127.x address is there only on Linux.
describe.runIf(process.platform === "linux")("access from the pods' network", { timeout: 60_000 }, () => {
  /** Connects from `source` instead of the address that the system would pick. */
  async function from(source: string, url: string): Promise<string> {
    const socket = new Socket();
    const connect = socket.connect.bind(socket) as (options: object) => Socket;
    socket.connect = ((port: number, host: string) => connect({ port, host, localAddress: source })) as never;
    const client = new pg.Client({ connectionString: url, stream: () => socket });
    client.on("error", () => {});
    try {
      await client.connect();
      return "in";
    } catch (error) {
      return (error as { code?: string }).code ?? "?";
    } finally {
      await client.end().catch(() => {});
    }
  }

  it("is the app's only, and follows a change without a restart", async () => {
    const server = await ensureServer(place, { listen: ["127.0.0.2"], allowCidrs: ["127.0.0.3/32"] });
    const admin = server.adminUrl.replace("127.0.0.1", "127.0.0.2");
    expect(await from("127.0.0.3", server.url("127.0.0.2"))).toBe("in");
    expect(await from("127.0.0.3", admin)).toBe("28000");
    expect(await from("127.0.0.4", server.url("127.0.0.2"))).toBe("28000");

    const first = await pid();
    await ensureServer(place, { listen: ["127.0.0.2"], allowCidrs: ["127.0.0.4/32"] });
    expect(await pid()).toBe(first);
    await expect.poll(() => from("127.0.0.4", server.url("127.0.0.2"))).toBe("in");
    expect(await from("127.0.0.3", server.url("127.0.0.2"))).toBe("28000");
  });

  it("follows a changed address with a restart", async () => {
    const server = await ensureServer(place, { listen: ["127.0.0.2"] });
    const first = await pid();
    await ensureServer(place, { listen: ["127.0.0.5"] });
    expect(await pid()).not.toBe(first);
    expect(await checkDatabaseUrl(server.url("127.0.0.5"))).toMatchObject({ ok: true });
    expect(await checkDatabaseUrl(server.url("127.0.0.2"))).toMatchObject({ problem: "refused" });
  });
});
