import { dockerOrFail } from "../../local/docker.ts";
import { checkoutId } from "../../local/paths.ts";
import { succeeds } from "../support/cli.ts";
import { type Bench, spread } from "./measure.ts";

/** The node's container with everything in it (Kubernetes, both apps), a minute after `up`, as Docker counts it. */
export const memory: Bench = async (report) => {
  await succeeds(["up"], { TASKFLOW_CLUSTER: "embedded" });
  report("waiting a minute for it to settle");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  const samples: { memory: number; cpu: number }[] = [];
  for (let i = 0; i < 5; i++) {
    const { stdout } = await dockerOrFail([
      "stats",
      "--no-stream",
      "--format",
      "{{.MemUsage}};{{.CPUPerc}}",
      `taskflow-${checkoutId}`,
    ]);
    const [usage = "", cpu = ""] = stdout.split(";");
    samples.push({ memory: mebibytes(usage.split("/")[0] ?? ""), cpu: Number.parseFloat(cpu) });
  }
  return [
    {
      bench: "memory",
      what: "whole cluster with the app, memory without page cache",
      measured: spread(
        samples.map((s) => s.memory),
        "MiB",
        0,
      ),
      runs: 5,
      goal: "2 GB",
    },
    {
      bench: "memory",
      what: "the same, CPU when idle, of one core",
      measured: spread(
        samples.map((s) => s.cpu),
        "%",
        1,
      ),
      runs: 5,
      goal: "200 %",
    },
  ];
};

function mebibytes(text: string): number {
  const match = /^\s*([\d.]+)\s*([KMG]i)?B/.exec(text);
  if (!match) throw new Error(`docker stats says ${text}`);
  return Number(match[1]) * ({ Ki: 1 / 1024, Mi: 1, Gi: 1024 }[match[2] ?? ""] ?? 1 / 2 ** 20);
}
