/** How kubectl-ai is started: which model, which arguments, and what of the environment it gets. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chooseModel,
  type Launch,
  launchArgs,
  launchEnvironment,
  mcpObstacle,
  prepareHome,
} from "../../../../aiops/kubectl-ai/launch.ts";

const launch: Launch = {
  question: "--why?",
  model: { provider: "openai", model: "m" },
  kubeconfig: "/state/kubeconfig",
  home: "/state/home",
  mcp: true,
  quiet: false,
};

describe("the model", () => {
  test.each([
    [{}, { GEMINI_API_KEY: "k" }, { provider: "gemini", model: undefined }],
    [{}, { OPENAI_API_KEY: "k", OPENAI_MODEL: "m" }, { provider: "openai", model: "m" }],
    [{ model: "n" }, { OPENAI_API_KEY: "k", OPENAI_MODEL: "m" }, { provider: "openai", model: "n" }],
    [{ provider: "ollama", model: "q" }, { GEMINI_API_KEY: "k" }, { provider: "ollama", model: "q" }],
  ])("%j with %j", (asked, env, model) => {
    expect(chooseModel(asked, env)).toEqual(model);
  });

  test("none at all, and a provider whose model nobody named", () => {
    expect(() => chooseModel({}, {})).toThrow(/TF1813.*GEMINI_API_KEY/);
    expect(() => chooseModel({}, { OPENAI_API_KEY: "k" })).toThrow(/TF1813.*--model/);
  });
});

describe("the arguments", () => {
  test("carry the read-only kubeconfig and our files, and never a way around the questions", () => {
    const args = launchArgs(launch);
    expect(args.join(" ")).toContain("--kubeconfig /state/kubeconfig");
    expect(args).toContain("--mcp-client=true");
    expect(args.filter((arg) => arg === "--extra-prompt-paths")).toHaveLength(2);
    expect(args.some((arg) => /skip-permissions|mcp-server|sandbox/.test(arg))).toBe(false);
    expect(launchArgs({ ...launch, mcp: false, quiet: true })).toEqual(
      expect.arrayContaining(["--mcp-client=false", "--quiet"]),
    );
  });

  test("a question is never taken for an option", () => {
    expect(launchArgs(launch).slice(-2)).toEqual(["--", "--why?"]);
    expect(launchArgs({ ...launch, question: undefined })).not.toContain("--");
  });
});

test("of the environment only what is meant for it goes through", () => {
  const env = launchEnvironment(
    launch,
    {
      PATH: "/usr/bin",
      HOME: "/home/me",
      KUBECONFIG: "/home/me/.kube/config",
      TASKFLOW_DATABASE_URL: "postgres://a:b@c/d",
      NPM_TOKEN: "t",
      SSH_AUTH_SOCK: "/s",
      TERM: "xterm",
      OPENAI_API_KEY: "k",
      MCP_TASKFLOW_TOKEN: "m",
      HTTPS_PROXY: "http://proxy",
    },
    ["/tools"],
  );
  expect(Object.keys(env).sort()).toEqual(
    [
      "HOME",
      "HTTPS_PROXY",
      "KUBECONFIG",
      "MCP_TASKFLOW_TOKEN",
      "OPENAI_API_KEY",
      "PATH",
      "TERM",
      "TMPDIR",
      "XDG_CONFIG_HOME",
    ].sort(),
  );
  expect(env).toMatchObject({ HOME: "/state/home", KUBECONFIG: "/state/kubeconfig" });
  const [bin, ...rest] = (env.PATH as string).split(delimiter);
  expect(bin).toMatch(/aiops\/kubectl-ai\/bin$/);
  expect(rest).toEqual(["/tools", "/usr/bin"]);
});

describe("its home", () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

  test("has the configuration where kubectl-ai looks on any system, again at each start", async () => {
    const home = await mkdtemp(join(tmpdir(), "taskflow-home-"));
    folders.push(home);
    await prepareHome(home);
    await prepareHome(home);
    const place = join(home, ".config", "kubectl-ai");
    expect(await readFile(join(place, "config.yaml"), "utf8")).toContain("skipPermissions: false");
    expect(await readFile(join(place, "mcp.yaml"), "utf8")).toContain("name: taskflow");
  });
});

describe("the MCP server", () => {
  let revision = "2025-06-18";
  const server = createServer((request, response) => {
    const right = request.headers.authorization === "Bearer right";
    response.writeHead(right ? 200 : 401).end(JSON.stringify({ result: { protocolVersion: revision } }));
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;

  test("lets in with the token, or wants one", async () => {
    expect(await mcpObstacle(url(), "right")).toBeUndefined();
    expect(await mcpObstacle(url(), undefined)).toContain("wants a token");
    expect(await mcpObstacle(url(), "wrong")).toContain("wants another token");
  });

  test("answers with a revision that kubectl-ai does not know, or is no MCP server", async () => {
    revision = "2025-11-25";
    expect(await mcpObstacle(url(), "right")).toContain("speaks MCP 2025-11-25");
    revision = "";
    expect(await mcpObstacle(url(), "right")).toContain("speaks no MCP");
  });

  test("is not there", async () => {
    const gone = url();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await mcpObstacle(gone, "right")).toContain("no MCP server answers");
  });
});
