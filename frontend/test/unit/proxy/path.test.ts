import { expect, it } from "vitest";
import { upstreamPath } from "@/lib/proxy/path";

it.each([
  ["/api/v1/tasks", "tasks"],
  ["/api/v1/tasks/0192f0c4-7c1e-7000-8000-000000000000", "tasks/0192f0c4-7c1e-7000-8000-000000000000"],
  ["/api/v1/openapi.json", "openapi.json"],
])("%s asks for %s", (pathname, expected) => {
  expect(upstreamPath(pathname)).toBe(expected);
});

it.each([
  "/api/v1/..",
  "/api/v1/../health/ready",
  "/api/v1/tasks/../../health",
  "/api/v1/tasks/./1",
  "/api/v1/%2e%2e/health",
  "/api/v1/%2E%2E%2fhealth",
  "/api/v1/..%2fhealth",
  "/api/v1/..%5chealth",
  "/api/v1/..\\health",
  "/api/v1/%252e%252e/health",
  "/api/v1/tasks%00",
  "/api/v1//evil.test/tasks",
  "/api/v1/tasks//1",
  "/api/v1/tasks/",
  "/api/v1/",
  "/api/v1/http://evil.test",
  "/api/v1/@evil.test",
  "/api/v1/tasks;admin",
  "/api/v1/tasks?x",
  "/api/v1/tasks#x",
  "/api/v1/ tasks",
  "/api/v1/täsks",
  "/api/v2/tasks",
  "/api/v1",
])("%s is refused", (pathname) => {
  expect(upstreamPath(pathname)).toBeNull();
});
