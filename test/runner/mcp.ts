/**
 * The MCP conformance suite against the server's own HTTP stack, with the suite's tools (test/conformance/fixture)
 * registered in place of the product's. Each scenario that a revision requires counts as a test.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { anybody } from "../../aiops/kagent/mcp/auth.ts";
import { serveHttp } from "../../aiops/kagent/mcp/http.ts";
import { repoRoot } from "../../local/paths.ts";
import { fixture } from "../conformance/fixture/index.ts";
import { add, type Count, type Layer, nothing } from "./layer.ts";

const suite = join(repoRoot, "node_modules", "@modelcontextprotocol", "conformance");
const revisions = ["2026-07-28", "2025-11-25"];

/** Names of the scenarios that the revision requires of a server. */
async function required(revision: string): Promise<string[]> {
  const text = await readFile(join(suite, "requirements", `${revision}.yaml`), "utf8");
  return (parse(text) as { server: string[] }).server;
}

async function conform(url: string, revision: string): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), "taskflow-conformance-"));
  try {
    const args = ["server", "--url", url, "--requirements", revision, "--output-dir", folder];
    const { all, exitCode } = await execa(process.execPath, [join(suite, "dist", "index.js"), ...args], {
      reject: false,
      all: true,
    });
    const scenarios = await required(revision);
    const passed = scenarios.filter((name) => all.includes(`✓ ${name}:`));
    const failed = scenarios.filter((name) => !passed.includes(name));
    console.log(`${revision}: ${passed.length} of ${scenarios.length} required scenarios pass`);
    if (failed.length > 0 || exitCode !== 0) console.log(all);
    return { ...nothing, passed: passed.length, failed: Math.max(failed.length, exitCode === 0 ? 0 : 1) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function conformance(): Promise<Count> {
  const server = await serveHttp({
    host: "127.0.0.1",
    port: 0,
    path: "/mcp",
    factory: fixture,
    authenticate: anybody,
    allowHosts: [],
    allowOrigins: [],
    // The suite asks faster than a caller may.
    rate: 100_000,
    log: () => {},
  });
  try {
    let total = nothing;
    for (const revision of revisions) total = add(total, await conform(server.url, revision));
    return total;
  } finally {
    await server.close();
  }
}

export const mcpLayers: Layer[] = [
  { name: "mcp", title: "MCP conformance, 2026-07-28 and 2025-11-25", run: conformance },
];
