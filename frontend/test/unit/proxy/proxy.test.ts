import type { RequestListener } from "node:http";
import { jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deriveTokenKey } from "@/lib/apiToken";
import { BODY_LIMIT } from "@/lib/proxy/body";
import { type ProxyOptions, proxy } from "@/lib/proxy/proxy";
import { SECRET, testEnv } from "../../fixtures/env";
import { bodyOf, startUpstream, type Upstream } from "../../fixtures/upstream";

const APP = "http://localhost:3000";
let upstream: Upstream;
let answer: RequestListener;
let logged: string[];

beforeEach(async () => {
  answer = (_request, response) => response.end("{}");
  upstream = await startUpstream((request, response) => answer(request, response));
  logged = [];
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    logged.push(String(line));
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await upstream.close();
});

const signedIn = async () => ({ userId: "user-1", setCookies: [] });

function call(path: string, init: RequestInit = {}, options: Partial<ProxyOptions> = {}): Promise<Response> {
  const headers = new Headers({ "sec-fetch-site": "same-origin", ...(init.headers as object) });
  const request = new Request(`${APP}${path}`, {
    ...init,
    headers,
    ...(init.body ? { duplex: "half" } : {}),
  });
  return proxy(request, { env: testEnv({ apiUrl: upstream.apiUrl }), findUser: signedIn, ...options });
}

async function expectProblem(response: Response, status: number, kind: string): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.json()).toMatchObject({ type: `urn:taskflow:problem:${kind}`, status });
}

describe("what the backend sees", () => {
  it("is the path below the API, the query and a token of the signed-in user", async () => {
    await call("/api/v1/tasks?limit=5&cursor=a%20b");
    const [request] = upstream.requests;
    expect(request?.url).toBe("/api/tasks?limit=5&cursor=a%20b");
    const token = request?.headers.authorization?.replace("Bearer ", "") ?? "";
    const { payload } = await jwtVerify(token, deriveTokenKey(SECRET), {
      issuer: "taskflow-web",
      audience: "taskflow-api",
      typ: "at+jwt",
    });
    expect(payload.sub).toBe("user-1");
  });

  it("never is the cookie, the browser's own Authorization or a forwarding header", async () => {
    await call("/api/v1/tasks", {
      headers: {
        cookie: "taskflow.session_token=canary",
        authorization: "Bearer canary",
        "x-forwarded-for": "canary",
        "x-user-id": "canary",
        host: "canary.test",
        accept: "application/json",
        "if-match": '"7"',
        "idempotency-key": "abc",
      },
    });
    const headers = upstream.requests[0]?.headers ?? {};
    expect(JSON.stringify(headers)).not.toContain("canary");
    expect(headers).toMatchObject({
      accept: "application/json",
      "if-match": '"7"',
      "idempotency-key": "abc",
    });
  });

  it("is the body, as it comes", async () => {
    const received = new Promise<string>((resolve) => {
      answer = (request, response) => {
        void bodyOf(request).then(resolve);
        request.on("end", () => response.writeHead(201).end("{}"));
      };
    });
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"title":'));
        controller.enqueue(new TextEncoder().encode('"Tea"}'));
        controller.close();
      },
    });
    const response = await call("/api/v1/tasks", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(201);
    expect(await received).toBe('{"title":"Tea"}');
    expect(upstream.requests[0]?.headers["content-type"]).toBe("application/json");
  });

  it("is the caller's request id, which also comes back", async () => {
    const response = await call("/api/v1/tasks", { headers: { "x-request-id": "trace-0123456789" } });
    expect(upstream.requests[0]?.headers["x-request-id"]).toBe("trace-0123456789");
    expect(response.headers.get("x-request-id")).toBe("trace-0123456789");
  });

  it("is a new request id where the given one could forge a log line", async () => {
    const response = await call("/api/v1/tasks", { headers: { "x-request-id": 'x"} {"level":"error' } });
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(upstream.requests[0]?.headers["x-request-id"]).toBe(response.headers.get("x-request-id"));
  });
});

describe("what the browser sees", () => {
  it("is the status, the body and the listed headers only", async () => {
    answer = (_request, response) => {
      response.writeHead(412, {
        "content-type": "application/problem+json",
        etag: '"8"',
        "retry-after": "3",
        "set-cookie": "canary=1",
        server: "canary",
        "x-internal": "canary",
        "access-control-allow-origin": "canary",
      });
      response.end('{"detail":"changed"}');
    };
    const response = await call("/api/v1/tasks/1", { method: "PATCH", body: "{}" });
    expect(response.status).toBe(412);
    expect(await response.json()).toEqual({ detail: "changed" });
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "application/problem+json",
      etag: '"8"',
      "retry-after": "3",
      "cache-control": "no-store",
      "x-request-id": expect.any(String),
    });
  });

  it("is the prolonged session's cookie", async () => {
    const response = await call(
      "/api/v1/tasks",
      {},
      {
        findUser: async () => ({ userId: "user-1", setCookies: ["a=1; HttpOnly", "b=2; HttpOnly"] }),
      },
    );
    expect(response.headers.getSetCookie()).toEqual(["a=1; HttpOnly", "b=2; HttpOnly"]);
  });

  it("is nothing but the status for an answer without a body", async () => {
    answer = (_request, response) => response.writeHead(204).end();
    const response = await call("/api/v1/tasks/1", { method: "DELETE" });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
  });

  it("is an event stream while it is still being written", async () => {
    let finish = () => {};
    answer = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: one\n\n");
      finish = () => response.end("data: two\n\n");
    };
    const response = await call("/api/v1/chat");
    expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: "data: one\n\n" });
    finish();
    expect(await reader?.read()).toEqual({ done: false, value: "data: two\n\n" });
    expect((await reader?.read())?.done).toBe(true);
  });

  it("can break off, and the backend is told", async () => {
    const told = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("data: one\n\n");
        response.on("close", resolve);
      };
    });
    const leave = new AbortController();
    const response = await call("/api/v1/chat", { signal: leave.signal });
    await response.body?.getReader().read();
    leave.abort();
    await told;
  });
});

describe("what is refused before the backend is asked", () => {
  it("a request without a session: 401", async () => {
    const response = await call(
      "/api/v1/tasks",
      {},
      {
        findUser: async () => ({ userId: null, setCookies: [] }),
      },
    );
    await expectProblem(response, 401, "not-signed-in");
    expect(upstream.requests).toHaveLength(0);
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])(
    "%s from another site: 403, without a look at the session",
    async (method) => {
      const findUser = vi.fn(signedIn);
      const headers = { "sec-fetch-site": "cross-site", origin: "http://evil.test" };
      const response = await call("/api/v1/tasks", { method, headers }, { findUser });
      await expectProblem(response, 403, "foreign-origin");
      expect(findUser).not.toHaveBeenCalled();
      expect(upstream.requests).toHaveLength(0);
    },
  );

  it.each(["/api/v1/..%2f..%2fhealth/ready", "/api/v1//evil.test/x", "/api/v1/tasks%2f1"])(
    "%s: 400",
    async (path) => {
      await expectProblem(await call(path), 400, "bad-path");
      expect(upstream.requests).toHaveLength(0);
    },
  );

  it("a body that says it is too large: 413", async () => {
    const headers = { "content-length": String(BODY_LIMIT + 1) };
    await expectProblem(await call("/api/v1/tasks", { method: "POST", headers }), 413, "body-too-large");
    expect(upstream.requests).toHaveLength(0);
  });

  it("a session that cannot be looked up: 503 with Retry-After", async () => {
    const response = await call(
      "/api/v1/tasks",
      {},
      {
        findUser: () => Promise.reject(new Error("database away")),
      },
    );
    expect(response.headers.get("retry-after")).toBe("2");
    await expectProblem(response, 503, "database-unreachable");
  });
});

describe("what goes wrong with the backend", () => {
  it("a body that turns out too large: 413", async () => {
    answer = (request) => request.resume();
    const chunk = new Uint8Array(64 * 1024);
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
    await expectProblem(await call("/api/v1/tasks", { method: "POST", body }), 413, "body-too-large");
  });

  it("not running: 503 with Retry-After", async () => {
    await upstream.close();
    const response = await call("/api/v1/tasks");
    expect(response.headers.get("retry-after")).toBe("2");
    await expectProblem(response, 503, "backend-unreachable");
    expect(logged.join()).toContain("ECONNREFUSED");
  });

  it("hanging up without an answer: 502", async () => {
    answer = (request) => request.socket.destroy();
    await expectProblem(await call("/api/v1/tasks"), 502, "backend-answer-unusable");
  });

  it("redirecting, which could lead the token elsewhere: 502", async () => {
    answer = (_request, response) => response.writeHead(307, { location: `${upstream.apiUrl}/other` }).end();
    await expectProblem(await call("/api/v1/tasks"), 502, "backend-answer-unusable");
    expect(upstream.requests).toHaveLength(1);
  });

  it("no headers in time: 504 with Retry-After", async () => {
    answer = () => {};
    const response = await call("/api/v1/tasks", {}, { headersTimeoutMs: 20 });
    expect(response.headers.get("retry-after")).toBe("2");
    await expectProblem(response, 504, "backend-timeout");
  });

  it("no accepting of a fresh token: 502, not a sign-out", async () => {
    answer = (_request, response) => response.writeHead(401).end("{}");
    await expectProblem(await call("/api/v1/tasks"), 502, "backend-refused-token");
    expect(logged.join()).toContain("BETTER_AUTH_SECRET must be the same");
  });

  it("is not the browser's leaving before the answer", async () => {
    const leave = new AbortController();
    answer = () => leave.abort();
    const response = await call("/api/v1/tasks", { signal: leave.signal });
    expect(response.status).toBe(499);
    expect(logged).toEqual([]);
  });

  it("never puts a token or the secret into the log", async () => {
    answer = (request) => request.socket.destroy();
    await call("/api/v1/tasks");
    expect(logged).toHaveLength(1);
    expect(logged.join()).not.toMatch(/Bearer|eyJ/);
    expect(logged.join()).not.toContain(SECRET);
  });
});
