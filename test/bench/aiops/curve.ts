/**
 * How the diagnosis grows with the namespace: 10 to 500 pods, all of which fail to be scheduled, which is what costs most
 * (a warning for each). Time of one call, and the memory of the MCP server that answers it.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { bundle } from "../../../aiops/kagent/scripts/bundle.ts";
import { chooseCluster } from "../../../local/clusters/index.ts";
import { repoRoot } from "../../../local/paths.ts";
import { kubectl } from "../../support/cluster.ts";
import { type Row, spread, timed } from "../measure.ts";
import { add, backendImage } from "./problem.ts";

const namespace = "many";
const sizes = [10, 50, 100, 250, 500];
const runs = 5;

export async function curve(report: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  const image = await backendImage();
  const folder = await mkdtemp(join(tmpdir(), "taskflow-server-"));
  await bundle(folder);
  await kubectl("create", "namespace", namespace);
  try {
    for (const size of sizes) {
      await crowd(size, image);
      const { seconds, found, mebibytes } = await ask(join(folder, "server.js"));
      rows.push({
        bench: "aiops",
        what: `${size} pods that no node takes: one call to the MCP server; its memory at the most`,
        measured: `${spread(seconds, "s", 2)}, ${mebibytes} MiB`,
        runs,
        goal: "150 MiB",
      });
      report(`${rows.at(-1)?.what}: ${rows.at(-1)?.measured} (${found})`);
    }
  } finally {
    await kubectl("delete", "namespace", namespace, "--wait=false");
    await rm(folder, { recursive: true });
  }
  return rows;
}

async function crowd(size: number, image: string): Promise<void> {
  const labels = { app: "crowd" };
  const container = { name: "crowd", image };
  await add(
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "crowd" },
      spec: {
        replicas: size,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { nodeSelector: { disk: "none" }, containers: [container] } },
      },
    },
    namespace,
  );
  const end = Date.now() + 240_000;
  const refused = async () =>
    (await kubectl("get", "events", "--namespace", namespace, "--output", "name")).split("\n").length;
  while ((await refused()) < size) if (Date.now() > end) throw new Error(`not ${size} pods within 240 s`);
}

/** The program's flags as its image has them, from the Dockerfile's last line. */
const flags = (): string[] =>
  readFileSync(join(repoRoot, "aiops/kagent/Dockerfile"), "utf8").match(/--max-[\w-]+=\d+/g) ?? [];

/** A server of its own for each size, bundled and with the flags of its image, so that its memory is this size's. */
async function ask(file: string): Promise<{ seconds: number[]; found: string; mebibytes: number }> {
  const { kubeconfig, context } = await (await chooseCluster("embedded")).kubeconfig();
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      ...flags(),
      file,
      ...["--transport", "stdio", "--namespaces", namespace],
      ...["--kubeconfig", kubeconfig, "--context", context],
    ],
    stderr: "ignore",
  });
  const client = new Client({ name: "bench", version: "1.0.0" });
  await client.connect(transport);
  try {
    let found = "";
    const seconds = await timed(runs, async () => {
      const answer = await client.callTool({ name: "diagnose", arguments: { namespace } });
      const { findings } = answer.structuredContent as { findings: { code: string }[] };
      found = findings.map(({ code }) => code).join(", ");
      if (answer.isError || !found.includes("TF1506"))
        throw new Error(`wrong answer: ${JSON.stringify(answer)}`);
    });
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${transport.pid}/status`, "utf8"))?.[1];
    return { seconds, found, mebibytes: Math.round(Number(peak) / 1024) };
  } finally {
    await client.close();
  }
}
