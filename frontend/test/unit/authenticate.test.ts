import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { authenticate } from "@/lib/authenticate";

let logged: string[];

beforeEach(() => {
  logged = [];
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    logged.push(String(line));
    return true;
  });
});

afterEach(() => vi.restoreAllMocks());

const request = new Request("http://localhost:3000/api/auth/sign-in/email");

it("hands on what Better Auth answers, refusals included", async () => {
  const refusal = Response.json({ code: "INVALID_EMAIL_OR_PASSWORD" }, { status: 401 });
  expect(await authenticate(request, async () => refusal)).toBe(refusal);
  expect(logged).toEqual([]);
});

it.each([
  ["throws", () => Promise.reject(new Error("database away"))],
  ["answers with an empty 500", async () => new Response(null, { status: 500 })],
])("is a 503 with Retry-After where it %s", async (_name, handler) => {
  const response = await authenticate(request, handler);
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("2");
  expect(await response.json()).toMatchObject({ type: "urn:taskflow:problem:database-unreachable" });
  expect(JSON.parse(logged[0] ?? "")).toMatchObject({
    level: "error",
    requestId: response.headers.get("x-request-id"),
  });
});
