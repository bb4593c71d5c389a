/** The bounds of sessions. */
import { McpServer } from "@modelcontextprotocol/server";
import { afterEach, expect, test, vi } from "vitest";
import { Sessions } from "../../../../aiops/kagent/mcp/sessions.ts";
import { initialize } from "./support.ts";

const make = () => new McpServer({ name: "test", version: "1" }, { capabilities: { tools: {} } });
const request = (body: unknown, headers: Record<string, string> = {}) =>
  new Request("http://127.0.0.1/mcp", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify(body),
  });
const opening = { ...initialize, params: { ...initialize.params, capabilities: { elicitation: {} } } };
const open = async (sessions: Sessions) =>
  (await sessions.fetch(request(opening)))?.headers.get("mcp-session-id") as string;
const status = async (sessions: Sessions, id: string) =>
  (await sessions.fetch(request({ jsonrpc: "2.0", id: 2, method: "ping" }, { "mcp-session-id": id })))
    ?.status;

afterEach(() => vi.useRealTimers());

test("the one unused for the longest time makes room", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const sessions = new Sessions(make, { max: 2 });
  const first = await open(sessions);
  vi.advanceTimersByTime(10);
  const second = await open(sessions);
  vi.advanceTimersByTime(10);
  expect(await status(sessions, first)).toBe(200);
  vi.advanceTimersByTime(10);
  const third = await open(sessions);
  expect(await status(sessions, second)).toBe(404);
  expect(await status(sessions, first)).toBe(200);
  expect(await status(sessions, third)).toBe(200);
  await sessions.close();
  expect(await status(sessions, first)).toBe(404);
});

test("a session that nobody uses ends", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  const sessions = new Sessions(make, { idle: 1000 });
  const id = await open(sessions);
  await vi.advanceTimersByTimeAsync(900);
  expect(await status(sessions, id)).toBe(200);
  await vi.advanceTimersByTimeAsync(3000);
  expect(await status(sessions, id)).toBe(404);
  await sessions.close();
});

test("requests of the new revision, and of clients that cannot be asked, are somebody else's", async () => {
  const sessions = new Sessions(make);
  expect(await sessions.fetch(request(initialize))).toBeUndefined();
  expect(await sessions.fetch(request({ jsonrpc: "2.0", id: 1, method: "tools/list" }))).toBeUndefined();
  const modern = {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/list",
    params: {
      _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
        "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
      },
    },
  };
  const headers = { "mcp-session-id": "made-up", "mcp-protocol-version": "2026-07-28" };
  expect(await sessions.fetch(request(modern, headers))).toBeUndefined();
  await sessions.close();
});
