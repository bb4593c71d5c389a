/** The verb starts the kubectl-ai that is on the PATH, with a kubeconfig that it made and nothing of the person's own. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";

const { folder, made } = vi.hoisted(() => ({ folder: { path: "" }, made: [] as string[] }));
vi.mock("../../../../cli/deployed.ts", () => ({
  deployed: async () => ({
    stack: { name: "dev", config: { namespace: "todo-app" } },
    access: { kubeconfig: "/admin", context: "admin" },
  }),
}));
vi.mock("../../../../local/toolchain/index.ts", () => ({ tool: async () => ({ path: "/tools/kubectl" }) }));
vi.mock("../../../../local/paths.ts", async (original) => ({
  ...(await original<typeof import("../../../../local/paths.ts")>()),
  get stateDir() {
    return join(folder.path, "state");
  },
}));
vi.mock("../../../../aiops/kubectl-ai/readOnlyAccess.ts", () => ({
  readOnlyAccess: async ({ access, namespace, file }: Record<string, unknown> & { file: string }) => {
    made.push(`${JSON.stringify(access)} ${namespace} ${file}`);
  },
}));
const { kubectlAi } = await import("../../../../cli/verbs/kubectlAi.ts");

folder.path = mkdtempSync(join(tmpdir(), "taskflow-kubectl-ai-"));
const bin = join(folder.path, "bin");
const seen = join(folder.path, "seen.json");

/** A program that notes how it was started, as JSON, and ends as it is told. */
function install(exitCode: number): void {
  mkdirSync(bin, { recursive: true });
  const file = join(bin, "kubectl-ai");
  const script = `#!${process.execPath}
if (process.argv[2] === "version") process.exit(0);
require("node:fs").writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ args: process.argv.slice(2), env: process.env }));
process.exit(${exitCode});
`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

const path = process.env.PATH;
let said: string[];
beforeEach(() => {
  made.length = 0;
  said = [];
  vi.spyOn(console, "error").mockImplementation((line) => void said.push(line));
  process.env.PATH = `${bin}${delimiter}${path}`;
  vi.stubEnv("OPENAI_API_KEY", "key");
  vi.stubEnv("GEMINI_API_KEY", "");
  vi.stubEnv("TASKFLOW_DATABASE_URL", "postgres://u:canary@h/d");
  // Nobody listens there.
  vi.stubEnv("MCP_TASKFLOW_URL", "http://127.0.0.1:1/mcp");
});
afterEach(() => {
  process.env.PATH = path;
  process.exitCode = undefined;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
afterAll(() => rmSync(folder.path, { recursive: true }));

const ask = (...args: string[]) => kubectlAi().parseAsync(args, { from: "user" });

test("with the read-only kubeconfig, our files, and without an MCP server that does not answer", async () => {
  install(0);
  await ask("Why?", "--model", "m");
  const kubeconfig = join(folder.path, "state", "dev", "kubectl-ai", "kubeconfig");
  expect(made).toEqual([`{"kubeconfig":"/admin","context":"admin"} todo-app ${kubeconfig}`]);
  const { args, env } = JSON.parse(readFileSync(seen, "utf8"));
  expect(args).toEqual(expect.arrayContaining(["--kubeconfig", kubeconfig, "--mcp-client=false"]));
  expect(args.slice(-2)).toEqual(["--", "Why?"]);
  expect(env).toMatchObject({ KUBECONFIG: kubeconfig, OPENAI_API_KEY: "key" });
  expect(env.PATH.split(delimiter)).toContain("/tools");
  expect(JSON.stringify(env)).not.toContain("canary");
  expect(readFileSync(join(env.XDG_CONFIG_HOME, "kubectl-ai", "config.yaml"), "utf8")).toContain(
    "skipPermissions: false",
  );
  expect(said).toEqual([
    expect.stringContaining("no MCP server answers at http://127.0.0.1:1/mcp; going on"),
  ]);
  expect(process.exitCode).toBeUndefined();
});

test("ends with 1 when kubectl-ai does", async () => {
  install(3);
  await ask("Why?", "--model", "m", "--quiet");
  expect(process.exitCode).toBe(1);
  // --quiet can't ask, so the server isn't even looked for.
  expect(said).toEqual([]);
});

test("without the program: how to get it, before anything is made", async () => {
  rmSync(join(bin, "kubectl-ai"), { force: true });
  process.env.PATH = bin;
  await expect(ask("Why?", "--model", "m")).rejects.toMatchObject({ code: "TF1810" });
  expect(made).toEqual([]);
});

test("without a model: before anything is made", async () => {
  install(0);
  await expect(ask("Why?")).rejects.toMatchObject({
    code: "TF1813",
    what: expect.stringContaining("--model"),
  });
  expect(made).toEqual([]);
});
