/**
 * A client that sends at a fixed rate, whatever comes back (open loop), and never retries. Stands alone, on Node's own
 * modules: the bench runs it on this machine and, by its text, in a pod.
 *
 * Its one argument is a `ClientSpec` as JSON. Runs until its standard input ends; then waits for what is under way and
 * ends. Prints one `Second` as JSON a line.
 */
import { createHmac, hkdfSync, randomUUID } from "node:crypto";
import http from "node:http";

export interface ClientSpec {
  name: string;
  /** Base of the API, e.g. `http://localhost:3000/api`. */
  api: string;
  /** Requests a second. */
  rate: number;
  /** Share of requests that are writes, 0 to 1; each has a title of its own. */
  writes: number;
  keepAlive: boolean;
  /** With the session's cookie, as a browser; or with tokens of `AUTH_SECRET`, as the frontend. */
  headers?: Record<string, string>;
  userId?: string;
  /** Milliseconds until an answer counts as failed. */
  timeout: number;
}

export interface Second {
  /** Seconds since 1970. */
  at: number;
  /** Milliseconds of each answered request that was due in this second, counted from when it was due. */
  latencies: number[];
  failures: Failure[];
  /** Numbers of the writes that were acknowledged, and of those whose outcome the client can't know. */
  written: number[];
  unknown: number[];
}

export interface Failure {
  method: "GET" | "POST";
  /** An error code (`ECONNRESET`), the status with the problem's type (`HTTP 503 backend-unreachable`), or `timeout`. */
  kind: string;
}

/** `<name> <number>`: the title of a client's write. */
export const titleOf = (name: string, number: number): string => `${name} ${number}`;

function token(secret: string, userId: string): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: "taskflow-web",
    aud: "taskflow-api",
    sub: userId,
    iat: now,
    exp: now + 60,
    jti: randomUUID(),
  };
  const signed = `${part({ alg: "HS256", typ: "at+jwt" })}.${part(claims)}`;
  const key = Buffer.from(hkdfSync("sha256", secret, "taskflow", "taskflow/api-token/v1", 32));
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

function load(spec: ClientSpec): void {
  // Node heeds `Keep-Alive: timeout=5` only below a timeout of its own.
  const agent = new http.Agent({ keepAlive: spec.keepAlive, timeout: spec.timeout });
  const url = new URL(`${spec.api}/tasks`);
  const seconds = new Map<number, Second>();
  const begun = performance.now();
  let due = 0;
  let underWay = 0;
  let ended = false;
  let credential = "";
  let minted = 0;

  const secondOf = (at: number): Second => {
    const key = Math.floor(at / 1000);
    let second = seconds.get(key);
    if (!second) {
      second = { at: key, latencies: [], failures: [], written: [], unknown: [] };
      seconds.set(key, second);
    }
    return second;
  };

  function authorization(): Record<string, string> {
    if (!spec.userId) return {};
    if (Date.now() - minted > 20_000) {
      credential = token(process.env.AUTH_SECRET ?? "", spec.userId);
      minted = Date.now();
    }
    return { Authorization: `Bearer ${credential}` };
  }

  function send(number: number, dueAt: number): void {
    // Spread evenly: every nth request is a write.
    const write = Math.floor((number + 1) * spec.writes) > Math.floor(number * spec.writes);
    const body = write ? JSON.stringify({ title: titleOf(spec.name, number) }) : "";
    const at = performance.timeOrigin + dueAt;
    let settled = false;
    underWay += 1;
    const settle = (kind: string | undefined) => {
      if (settled) return;
      settled = true;
      underWay -= 1;
      const second = secondOf(at);
      if (kind === undefined) {
        second.latencies.push(Math.round((performance.now() - dueAt) * 10) / 10);
        if (write) second.written.push(number);
      } else {
        second.failures.push({ method: write ? "POST" : "GET", kind });
        if (write) second.unknown.push(number);
      }
      if (ended && underWay === 0) finish();
    };
    const request = http.request(
      {
        host: url.hostname,
        port: url.port,
        method: write ? "POST" : "GET",
        path: write ? url.pathname : `${url.pathname}?limit=5`,
        agent,
        timeout: spec.timeout,
        headers: {
          ...spec.headers,
          ...authorization(),
          ...(write ? { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } : {}),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => {
          text = (text + piece).slice(0, 1000);
        });
        const problem = () => /urn:taskflow:problem:([a-z-]+)/.exec(text)?.[1] ?? "";
        response.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
        response.on("aborted", () => settle("aborted"));
        response.on("end", () =>
          settle(
            response.statusCode === (write ? 201 : 200)
              ? undefined
              : `HTTP ${response.statusCode} ${problem()}`.trim(),
          ),
        );
      },
    );
    request.on("timeout", () => {
      settle("timeout");
      request.destroy();
    });
    request.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    request.end(body);
  }

  const timer = setInterval(() => {
    const now = performance.now();
    for (; begun + (due / spec.rate) * 1000 <= now; due++) send(due, begun + (due / spec.rate) * 1000);
    // A second is told when nothing of it can be open any more.
    print(Math.floor((Date.now() - spec.timeout) / 1000) - 1);
  }, 2);

  function print(before: number): void {
    for (const [key, second] of seconds) {
      if (key >= before) continue;
      process.stdout.write(`${JSON.stringify(second)}\n`);
      seconds.delete(key);
    }
  }

  function finish(): void {
    print(Number.POSITIVE_INFINITY);
    agent.destroy();
    process.stdin.destroy();
  }

  process.stdin.resume().on("end", () => {
    clearInterval(timer);
    ended = true;
    if (underWay === 0) finish();
  });
}

// As a program, and not when its types or `titleOf` are imported.
const argument = process.argv.at(-1) ?? "";
if (argument.startsWith("{")) load(JSON.parse(argument) as ClientSpec);
