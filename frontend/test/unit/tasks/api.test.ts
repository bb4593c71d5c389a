import { afterEach, expect, it, vi } from "vitest";
import { changeTask, createTask, deleteTask, listTasks } from "@/lib/tasks/api";
import { task } from "../../fixtures/tasks";

afterEach(() => vi.unstubAllGlobals());

function answerWith(response: Response | Error) {
  const fetch = vi.fn(async (_url: string, _init: RequestInit) => {
    if (response instanceof Error) throw response;
    return response;
  });
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

it("asks for a page by its cursor", async () => {
  const fetch = answerWith(Response.json({ items: [], nextCursor: null }));
  await listTasks("a+b/c=");
  expect(fetch.mock.calls[0]?.[0]).toBe("/api/v1/tasks?cursor=a%2Bb%2Fc%3D");
});

it("sends only what changes", async () => {
  const fetch = answerWith(Response.json(task("1")));
  await changeTask("1", { completed: true });
  expect(fetch.mock.calls[0]).toMatchObject([
    "/api/v1/tasks/1",
    { method: "PATCH", body: '{"completed":true}' },
  ]);
});

it("takes an empty answer for a deletion", async () => {
  answerWith(new Response(null, { status: 204 }));
  await expect(deleteTask("1")).resolves.toBeUndefined();
});

it.each([
  [
    "no connection",
    new TypeError("Failed to fetch"),
    0,
    "TaskFlow can't be reached. Check your connection and try again.",
  ],
  ["the session's end", new Response("{}", { status: 401 }), 401, "Your session has ended. Sign in again."],
  ["a task that is gone", new Response("{}", { status: 404 }), 404, "That task no longer exists."],
  [
    "the server's own sentence",
    new Response('{"detail":"The task service is not running right now."}', {
      status: 503,
      headers: { "content-type": "application/problem+json" },
    }),
    503,
    "The task service is not running right now.",
  ],
  [
    "a page of something else",
    new Response("<html>Bad gateway</html>", { status: 502, headers: { "content-type": "text/html" } }),
    502,
    "Something went wrong on our side (HTTP 502). Try again in a moment.",
  ],
  [
    "a broken problem",
    new Response("{", { status: 500, headers: { "content-type": "application/problem+json" } }),
    500,
    "Something went wrong on our side (HTTP 500). Try again in a moment.",
  ],
])("says %s as a sentence", async (_name, response, status, message) => {
  answerWith(response);
  await expect(createTask("Tea")).rejects.toMatchObject({ name: "ApiError", status, message });
});
