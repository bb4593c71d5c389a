/** The program itself: its options, stdio, signals. */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { auditLog, jsonLog } from "../../../../aiops/kagent/mcp/log.ts";
import { readOptions, usage } from "../../../../aiops/kagent/mcp/options.ts";
import { repoRoot } from "../../../../local/paths.ts";
import { type ApiServer, apiServer, core, list } from "../../../support/apiServer.ts";
import { call, client, connected, initialize, post } from "./support.ts";

const program = join(repoRoot, "aiops", "kagent", "server.ts");
const token = "0123456789abcdef0123456789abcdef";

let api: ApiServer;

beforeEach(async () => {
  api = await apiServer();
});

afterEach(() => api.close());

const cluster = () => ["--kubeconfig", api.access.kubeconfig, "--context", "test"];
const start = (args: string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [program, ...args], { env, extendEnv: false, reject: false, timeout: 20_000 });

describe("stdio", () => {
  test.each(["2026-07-28", "2025-11-25"] as const)("serves a client of %s", async (revision) => {
    api.answers[`${core}/pods`] = list();
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [program, ...cluster()],
      stderr: "pipe",
    });
    let logged = "";
    transport.stderr?.on("data", (chunk) => {
      logged += chunk;
    });
    const one = client(revision);
    await one.connect(transport);
    expect((await call(one, "diagnose")).data).toMatchObject({ namespace: "todo-app", findings: [] });
    expect((await call(one, "diagnose", { namespace: "default" })).text).toMatch(/^TF1733 /);
    await one.close();
    const events = logged
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ event: "serving", transport: "stdio", remediate: false });
    expect(events).toContainEqual(
      expect.objectContaining({ event: "call", caller: "stdio", code: "TF1733" }),
    );
  });

  test("ends when its client does, with nothing on stdout but the protocol", async () => {
    const child = start(cluster());
    child.stdin?.write(`${JSON.stringify(initialize)}\n`);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.stdin?.end();
    const { exitCode, stdout } = await child;
    expect(exitCode).toBe(0);
    for (const line of stdout.split("\n")) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
  });
});

test("HTTP with a token from the environment; SIGTERM ends it with 0", async () => {
  const child = start([...cluster(), "--transport", "http", "--port", "0", "--auth", "token"], {
    TASKFLOW_MCP_TOKEN: token,
    TASKFLOW_MCP_NAMESPACES: "todo-app,other",
  });
  const line = await new Promise<string>((resolve) =>
    child.stderr?.once("data", (chunk) => resolve(String(chunk))),
  );
  const { url, auth, namespaces } = JSON.parse(line);
  expect({ auth, namespaces }).toEqual({ auth: "token", namespaces: ["todo-app", "other"] });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
  expect((await post(url, initialize)).status).toBe(401);
  const one = await connected(url, "2026-07-28", { authorization: `Bearer ${token}` });
  expect((await call(one, "list_pods", { namespace: "other" })).data.total).toBe(0);
  child.kill("SIGTERM");
  const { exitCode, stdout, stderr } = await child;
  expect(exitCode).toBe(0);
  expect(stdout).toBe("");
  expect(stderr).not.toContain(token);
  expect(JSON.parse(stderr.split("\n").at(-1) as string).event).toBe("stopped");
});

describe("a wrong start", () => {
  const failed = async (args: string[], env: Record<string, string> = {}) => {
    const { exitCode, stderr } = await start(args, env);
    return { exitCode, ...JSON.parse(stderr) };
  };

  test("names every option that is wrong", async () => {
    const { exitCode, code, error } = await failed(["--transport", "carrier-pigeon", "--port", "99999"]);
    expect({ exitCode, code }).toEqual({ exitCode: 2, code: "TF1730" });
    expect(error).toMatch(/--transport: .*; --port: /);
  });

  test("has no cluster, no such context, or a taken port", async () => {
    expect(await failed([])).toMatchObject({ exitCode: 3, code: "TF1737" });
    expect(await failed(["--kubeconfig", api.access.kubeconfig])).toMatchObject({
      exitCode: 3,
      code: "TF1737",
    });
    const other = await failed(["--kubeconfig", api.access.kubeconfig, "--context", "prod"]);
    expect(other).toMatchObject({ exitCode: 3, code: "TF1737" });
    expect(other.error).toContain('no context "prod"');
    const port = new URL(api.config.getCurrentCluster()?.server as string).port;
    const taken = await failed([...cluster(), "--transport", "http", "--port", port]);
    expect(taken).toMatchObject({ exitCode: 3, code: "TF1732" });
  });
});

describe("options", () => {
  const read = (...args: string[]) => readOptions(args, {});

  test("are read-only, on loopback, and for the app's namespace unless told otherwise", () => {
    expect(read()).toMatchObject({
      transport: "stdio",
      host: "127.0.0.1",
      port: 8931,
      path: "/mcp",
      namespaces: ["todo-app"],
      auth: "none",
      remediate: false,
    });
  });

  test("a flag goes before its variable", () => {
    const env = { TASKFLOW_MCP_PORT: "1", TASKFLOW_MCP_ALLOW_HOSTS: "a,b", TASKFLOW_MCP_REMEDIATE: "true" };
    expect(readOptions(["--port", "2"], env)).toMatchObject({
      port: 2,
      "allow-hosts": ["a", "b"],
      remediate: true,
    });
  });

  test.each(["0.0.0.0", "::", "192.168.1.2", "127.example.com"])("%s without --auth is refused", (host) => {
    expect(() => read("--transport", "http", "--host", host)).toThrow(/^TF1731 /);
  });

  test.each(["127.0.0.1", "127.8.8.8", "::1", "localhost"])("%s without --auth is this machine", (host) => {
    expect(read("--transport", "http", "--host", host)).toMatchObject({ host });
  });

  test("authentication needs what it checks against", () => {
    const http = ["--transport", "http", "--host", "0.0.0.0"];
    expect(() => read(...http, "--auth", "token")).toThrow("TASKFLOW_MCP_TOKEN");
    expect(() => read(...http, "--auth", "tokenreview")).toThrow("--callers");
    expect(() => read("--token", token)).toThrow("TF1730");
    expect(() => read("--namespaces", "todo-app,../x")).toThrow("is no name of a namespace");
    expect(() => read("--namespaces", "")).toThrow("TF1730");
  });

  test("help names each of them", () => {
    expect(read("--help")).toBe("help");
    for (const name of ["transport", "namespaces", "token-file", "allow-hosts", "remediate"]) {
      expect(usage).toContain(`--${name} `);
    }
  });
});

test("the audit log is appended to, for its owner only, and holds no secret", async () => {
  const folder = await mkdtemp(join(tmpdir(), "taskflow-audit-"));
  try {
    const file = join(folder, "audit.jsonl");
    const audit = auditLog(
      jsonLog(() => {}),
      file,
    );
    const entry = { event: "apply_plan", token: "abc", note: "url postgres://a:pw12345@db\u001b[31m" };
    audit({ name: "agent" }, entry);
    audit({ name: "agent" }, { event: "undo_plan" });
    const lines = (await readFile(file, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ event, caller }) => ({ event, caller }))).toEqual([
      { event: "apply_plan", caller: "agent" },
      { event: "undo_plan", caller: "agent" },
    ]);
    expect(lines[0]).toMatchObject({ token: "***", note: "url postgres://a:***@db" });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const nowhere = auditLog(
      jsonLog(() => {}),
      join(folder, "none", "audit.jsonl"),
    );
    expect(() => nowhere({ name: "agent" }, { event: "apply_plan" })).toThrow("ENOENT");
  } finally {
    await rm(folder, { recursive: true });
  }
});
