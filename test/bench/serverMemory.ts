import { type Kubectl, reconcileAiops, removeAiops } from "../../cli/deployers/aiops.ts";
import { ensureImage } from "../../components/builtImage.ts";
import { imageSpecs } from "../../components/imageBuild.ts";
import { ensureBases } from "../../local/baseImages/index.ts";
import { chooseCluster } from "../../local/clusters/index.ts";
import { run } from "../../local/run.ts";
import { tool } from "../../local/toolchain/index.ts";
import { succeeds } from "../support/cli.ts";
import { portForward } from "../support/portForward.ts";
import { call, connected } from "../unit/aiops/mcp/support.ts";
import { type Bench, type Row, spread } from "./measure.ts";

const namespace = "todo-app";
const calls = 100;

/** The MCP server's pod beside the app: working set as the kubelet counts it, idle and after it was asked a lot. */
export const serverMemory: Bench = async (report) => {
  await succeeds(["up"], { TASKFLOW_CLUSTER: "embedded" });
  const cluster = await chooseCluster("embedded");
  const access = await cluster.kubeconfig();
  const { path } = await tool("kubectl");
  const place = ["--kubeconfig", access.kubeconfig, "--context", access.context];
  const kubectl: Kubectl = (args, input) =>
    run(path, [...args, ...place], input === undefined ? {} : { input });
  const spec = imageSpecs({ version: "v1.0.0", bases: await ensureBases(report) }).kagent;
  await cluster.loadImage(await ensureImage(spec, { report }), report);
  const config = { namespace, aiops: { enabled: true, remediation: true } };
  await reconcileAiops({ config, image: spec }, kubectl);
  try {
    report("waiting a minute for it to settle");
    const idle = await samples(kubectl, 60_000);
    const secret = ["get", "secret", "taskflow-mcp", "--namespace", namespace];
    const found = await kubectl([...secret, "--output=jsonpath={.data.authorization}"]);
    const authorization = Buffer.from(found.stdout, "base64").toString();
    const forward = await portForward(access, namespace, "taskflow-mcp", 8931);
    try {
      const client = await connected(`http://127.0.0.1:${forward.port}/mcp`, "2026-07-28", { authorization });
      report(`${calls} diagnoses, one after the other`);
      for (let i = 0; i < calls; i++) {
        const answer = await call(client, "diagnose");
        if (answer.isError) throw new Error(answer.text);
      }
      await client.close();
    } finally {
      await forward.close();
    }
    const after = await samples(kubectl, 15_000);
    const row = (what: string, values: number[]): Row => ({
      bench: "server",
      what: `MCP server's container, working set ${what}`,
      measured: spread(values, "MiB", 0),
      runs: values.length,
      goal: "150 MiB",
    });
    return [row("when idle", idle), row(`after ${calls} diagnoses`, after)];
  } finally {
    await removeAiops({ config }, kubectl);
  }
};

/** Five figures in MiB, 15 seconds apart: the kubelet looks every ten. */
async function samples(kubectl: Kubectl, wait: number): Promise<number[]> {
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  await pause(wait);
  const found: number[] = [];
  for (let i = 0; i < 5; i++) {
    if (i > 0) await pause(15_000);
    found.push(await workingSet(kubectl));
  }
  return found;
}

async function workingSet(kubectl: Kubectl): Promise<number> {
  const nodes = await kubectl(["get", "nodes", "--output=jsonpath={.items[0].metadata.name}"]);
  const summary = await kubectl(["get", "--raw", `/api/v1/nodes/${nodes.stdout}/proxy/stats/summary`]);
  if (summary.failed) throw new Error(summary.all);
  interface Pod {
    podRef: { name: string; namespace: string };
    containers: { name: string; memory?: { workingSetBytes?: number } }[];
  }
  const { pods } = JSON.parse(summary.stdout) as { pods: Pod[] };
  const bytes = pods
    .filter(({ podRef }) => podRef.namespace === namespace && podRef.name.startsWith("taskflow-mcp-"))
    .flatMap(({ containers }) => containers.map(({ memory }) => memory?.workingSetBytes ?? 0));
  if (bytes.length !== 1 || !bytes[0]) throw new Error(`the kubelet knows ${bytes.length} such containers`);
  return bytes[0] / 2 ** 20;
}
