/** Every key of the files in aiops/kubectl-ai is one that kubectl-ai reads: it drops others without a word. */
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { mcpUrl } from "../../../../aiops/kubectl-ai/launch.ts";
import { repoRoot } from "../../../../local/paths.ts";
import { readAsGo } from "./goStruct.ts";
import { customTools, mcpConfig, options } from "./upstream.ts";

const folder = join(repoRoot, "aiops", "kubectl-ai");
const read = async (name: string) => parse(await readFile(join(folder, name), "utf8"));
const clean = { dropped: [], errors: [] };

describe("config.yaml", () => {
  test("has only keys that kubectl-ai reads, each with a value that it takes", async () => {
    expect(readAsGo(options, await read("config.yaml"))).toEqual(clean);
  });

  test("never skips permissions, because the model also gets a shell", async () => {
    const config = await read("config.yaml");
    expect(config.skipPermissions).toBe(false);
    expect(config.mcpServer).toBeUndefined();
  });

  test("names files that are there", async () => {
    const { extraPromptPaths, toolConfigPaths } = await read("config.yaml");
    for (const path of extraPromptPaths) await access(join(repoRoot, path));
    for (const path of toolConfigPaths) {
      expect(path).toMatch(/^\{CONFIG\}\/kubectl-ai\//);
      await access(join(repoRoot, "aiops", path.replace("{CONFIG}/", "")));
    }
  });
});

describe("mcp.yaml", () => {
  test("has only keys that kubectl-ai reads", async () => {
    expect(readAsGo(mcpConfig, await read("mcp.yaml"))).toEqual(clean);
  });

  test("is our server, its token from the environment", async () => {
    const { servers } = await read("mcp.yaml");
    expect(servers).toHaveLength(1);
    // A shell could not export MCP_<NAME>_TOKEN for a name with a dash in it.
    expect(servers[0].name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(servers[0]).toMatchObject({ name: "taskflow", url: mcpUrl, auth: { type: "bearer" } });
    expect(servers[0].auth.token).toBeUndefined();
  });
});

describe("tools.yaml", () => {
  test("has only keys that kubectl-ai reads, besides the documented spelling that it does not", async () => {
    const { dropped, errors } = readAsGo(customTools, await read("tools.yaml"));
    expect(errors).toEqual([]);
    expect(dropped.every((path) => /^\[\d+\]\.command_desc$/.test(path))).toBe(true);
  });

  test("says the same in both spellings, and what matters in the description", async () => {
    for (const tool of await read("tools.yaml")) {
      expect(tool.commandDesc).toBe(tool.command_desc);
      expect(tool.description).toContain(tool.command);
      // MCP tools are registered as <server>_<tool>; kubectl-ai panics over a name that is taken.
      expect(tool.name).not.toMatch(/^(taskflow_|bash$|kubectl$)/);
      await access(join(folder, "bin", tool.command));
    }
  });
});

describe("reading as Go does", () => {
  test("upstream's own examples fall into the traps that this guards against", () => {
    expect(readAsGo(options, { kubeconfig: "x", removeWorkdir: true })).toEqual({
      dropped: ["kubeconfig"],
      errors: [],
    });
    expect(readAsGo(options, { toolConfigPaths: "~/.config/kubectl-ai/tools.yaml" }).errors).toHaveLength(1);
    expect(readAsGo(mcpConfig, { servers: { taskflow: { url: "x" } } }).errors).toHaveLength(1);
    expect(
      readAsGo(mcpConfig, { servers: [{ name: "a", use_streaming: true, headers: {} }] }).dropped,
    ).toEqual(["servers[0].use_streaming", "servers[0].headers"]);
    expect(readAsGo(customTools, [{ name: "a", is_interactive: true }]).dropped).toEqual([
      "[0].is_interactive",
    ]);
    // Only main has it.
    expect(readAsGo(options, { sandbox: "k8s" }).dropped).toEqual(["sandbox"]);
  });
});
