import { createServer, type Server, type Socket } from "node:net";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checkDatabaseUrl, type DatabaseProblem } from "../../../../local/postgres/check.ts";
import { startTestPostgres, type TestPostgres } from "../../../../local/postgres/testing.ts";

let database: TestPostgres;
const servers: Server[] = [];

beforeAll(async () => {
  database = await startTestPostgres();
}, 60_000);
afterAll(() => database?.stop());
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server of our own on the loopback; returns its port. */
function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onConnection(socket);
  });
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
  );
}

/** PostgreSQL's ErrorResponse message. */
function errorResponse(code: string, message: string): Buffer {
  const body = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const password = "correct-horse-battery";

async function problem(url: string, timeout?: number): Promise<DatabaseProblem> {
  const check = await checkDatabaseUrl(url, timeout);
  if (check.ok) throw new Error("it was reached");
  expect(inspect(check, { depth: 9 })).not.toContain(password);
  return check.problem;
}

describe("a database that answers", () => {
  it("gives its version", async () => {
    expect(await checkDatabaseUrl(database.url)).toMatchObject({
      ok: true,
      encrypted: false,
      version: /^18\./,
    });
  });
});

describe("a database that can't be used", () => {
  const at = (port: number, rest = "") =>
    `postgresql://taskflow:${password}@127.0.0.1:${port}/taskflow${rest}`;

  it.each(["", "not a url", "mysql://a:b@host/db", "postgresql://", "postgres://u:%zz@host/db"])(
    "%j is malformed",
    async (url) => {
      expect(await problem(url)).toBe("invalid-url");
    },
  );

  it("has an unknown host", async () => {
    expect(await problem(`postgresql://taskflow:${password}@no-such-host.invalid/taskflow`)).toBe(
      "host-unknown",
    );
  });

  it("has nothing listening", async () => {
    const port = await listen(() => {});
    servers.pop()?.close();
    expect(await problem(at(port))).toBe("refused");
  });

  it("never answers", async () => {
    expect(await problem(at(await listen(() => {})), 200)).toBe("timeout");
  });

  it("has another password", async () => {
    expect(await problem(at(database.port))).toBe("bad-password");
  });

  it("has no database of that name", async () => {
    expect(await problem(database.adminUrl.replace(/postgres$/, "nosuch"))).toBe("no-such-database");
  });

  it("has no TLS although the URL asks for it", async () => {
    expect(await problem(at(database.port, "?sslmode=require"))).toBe("tls-failed");
  });

  it("wants TLS", async () => {
    const port = await listen((socket) =>
      socket.once("data", (first) => {
        // An SSLRequest has this number; a client with TLS gets as far as a handshake, which this server breaks off.
        if (first.length === 8 && first.readInt32BE(4) === 80877103) socket.end("S");
        else socket.end(errorResponse("28000", 'no pg_hba.conf entry for host "10.0.0.9", no encryption'));
      }),
    );
    expect(await problem(at(port))).toBe("tls-required");
  });

  it("does not let this address in", async () => {
    const port = await listen((socket) =>
      socket.once("data", (first) => {
        if (first.length === 8 && first.readInt32BE(4) === 80877103) socket.end("N");
        else socket.end(errorResponse("28000", 'no pg_hba.conf entry for host "10.0.0.9", no encryption'));
      }),
    );
    expect(await problem(at(port))).toBe("not-allowed");
  });

  it("repeats the password in its own message, and we don't", async () => {
    const port = await listen((socket) =>
      socket.once("data", () => socket.end(errorResponse("XX000", `odd: ${password}`))),
    );
    expect(await problem(at(port))).toBe("other");
  });
});
