/**
 * Rollouts and rollbacks under load, through the NodePort and the ClusterIPs, with and without keep-alive; then the same
 * app stopped the common way (the preStop sleep alone) as a control, in the same run.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { chartName, releaseName } from "../../../components/chartValues.ts";
import { succeeds, taskflow } from "../../support/cli.ts";
import { helm, settled } from "../../support/cluster.ts";
import { signUp } from "../../support/visitor.ts";
import type { Bench, Row } from "../measure.ts";
import type { ClientSpec, Second } from "./client.ts";
import { type Client, chosen, loadPod, startHere, startInPod, url } from "./load.ts";
import { checkWrites, type Writes } from "./writes.ts";

const chart = `charts/${chartName}`;
/** Seconds of load without any rollout, for comparison. */
const steadySeconds = 40;

const patience = ["--wait", "--timeout", "5m"];

/** Requests a second of each client; together 60, of which a backend pod and a frontend pod use about 0.3 CPUs each here. */
const rates = { here: { keep: 12, fresh: 5 }, pod: { frontend: 7, keep: 24, fresh: 12 } };

interface Phase {
  what: string;
  replicas: number;
  rounds: number;
  /** Values on top, as `helm --set-json` takes them. */
  values: string[];
}

interface Outcome {
  requests: number;
  failures: Map<string, number>;
  writes: Writes;
  /** Latencies in milliseconds: without a rollout, and while one was under way. */
  steady: number[];
  rolling: number[];
}

// Next.js and uvicorn as they stop by themselves: no connection is told that it will be closed.
const undrained = [
  'extraEnv.frontend=[{"name":"NEXT_MANUAL_SIG_HANDLE","value":""}]',
  'extraEnv.backend=[{"name":"DRAIN_SECONDS","value":"0"}]',
];

export const rollouts: Bench = async (report) => {
  await succeeds(["up"], chosen);
  const rows: Row[] = [];
  try {
    const phases: Phase[] = [
      { what: "one replica", replicas: 1, rounds: 36, values: [] },
      { what: "two replicas", replicas: 2, rounds: 36, values: [] },
      { what: "control, one replica: preStop sleep only", replicas: 1, rounds: 10, values: undrained },
    ];
    for (const phase of phases) rows.push(...told(phase, await measure(phase, report)));
  } finally {
    // Whatever was tried on it, the release is the stack's again.
    await taskflow(["up"], chosen);
  }
  return rows;
};

async function measure(phase: Phase, report: (line: string) => void): Promise<Outcome> {
  const values = [
    ...phase.values.flatMap((value) => ["--set-json", value]),
    ...["--set", `replicaCount.frontend=${phase.replicas},replicaCount.backend=${phase.replicas}`],
  ];
  const changed = (mark: string) => [
    "upgrade",
    releaseName,
    chart,
    "--reuse-values",
    ...values,
    "--set-string",
    `podAnnotations.round=${mark}`,
  ];
  await helm(...changed("0"), ...patience);
  await settled();

  const removePod = await loadPod();
  const clients = await start();
  const windows: { from: number; to: number }[] = [];
  const steadyFrom = Date.now() + 5_000;
  let steadyTo = 0;
  let seen: Second[][] = [];
  try {
    await sleep(5_000 + steadySeconds * 1000);
    steadyTo = Date.now();
    for (let round = 0; round < phase.rounds; round++) {
      const back = round % 2 === 1;
      report(`${phase.what}: ${back ? "rollback" : "rollout"} ${round + 1} of ${phase.rounds}`);
      const from = Date.now();
      await helm(...(back ? ["rollback", releaseName] : changed(`${round + 1}`)), ...patience);
      await settled();
      windows.push({ from, to: Date.now() });
    }
  } finally {
    // Together: a client that is stopped alone would change the load of the others.
    seen = await Promise.all(clients.map((client) => client.stop()));
    await removePod();
  }
  const inside = (at: number, { from, to }: { from: number; to: number }) =>
    at * 1000 >= from && (at + 1) * 1000 <= to;
  const all = seen.flat();
  const failures = new Map<string, number>();
  for (const [i, { spec }] of clients.entries()) {
    for (const { method, kind } of seen[i]?.flatMap((second) => second.failures) ?? []) {
      const what = `${spec.name.replace(/-\d+$/, "")} ${method} ${kind}`;
      failures.set(what, (failures.get(what) ?? 0) + 1);
    }
  }
  return {
    requests: all.reduce((sum, second) => sum + second.latencies.length + second.failures.length, 0),
    failures,
    writes: await checkWrites(clients, seen),
    steady: all
      .filter(({ at }) => inside(at, { from: steadyFrom, to: steadyTo }))
      .flatMap((second) => second.latencies),
    rolling: all
      .filter(({ at }) => windows.some((window) => inside(at, window)))
      .flatMap((second) => second.latencies),
  };
}

async function start(): Promise<Client[]> {
  const { userId, headers } = await signUp(url);
  const mark = Date.now();
  const spec = (name: string, rest: Omit<ClientSpec, "name" | "writes" | "timeout">): ClientSpec => ({
    name: `${name}-${mark}`,
    writes: 0.25,
    timeout: 15_000,
    ...rest,
  });
  const frontend = "http://frontend-service:3000/api/v1";
  const backend = "http://backend-service:8000/api";
  return [
    await startHere(
      spec("nodeport-keep", { api: `${url}/api/v1`, rate: rates.here.keep, keepAlive: true, headers }),
    ),
    await startHere(
      spec("nodeport-fresh", { api: `${url}/api/v1`, rate: rates.here.fresh, keepAlive: false, headers }),
    ),
    await startInPod(
      spec("frontend-keep", { api: frontend, rate: rates.pod.frontend, keepAlive: true, headers }),
    ),
    await startInPod(spec("backend-keep", { api: backend, rate: rates.pod.keep, keepAlive: true, userId })),
    await startInPod(
      spec("backend-fresh", { api: backend, rate: rates.pod.fresh, keepAlive: false, userId }),
    ),
  ];
}

function told(phase: Phase, outcome: Outcome): Row[] {
  const { requests, failures, writes, steady, rolling } = outcome;
  const control = phase.what.startsWith("control");
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  const kinds = [...failures].map(([kind, count]) => `${count} ${kind}`).join(", ");
  const row = (what: string, measured: string, goal?: string): Row => ({
    bench: "rollout",
    what: `${phase.what}: ${what}`,
    measured,
    runs: 1,
    ...(goal && !control ? { goal } : {}),
  });
  return [
    row(
      `requests that failed, in ${phase.rounds / 2} rollouts and ${phase.rounds / 2} rollbacks`,
      `${failed} of ${requests}${kinds ? ` (${kinds})` : ""}`,
      "0",
    ),
    row(
      "writes lost, written twice",
      `${writes.lost}, ${writes.duplicated} of ${writes.acknowledged} acknowledged`,
      "0, 0",
    ),
    row(
      "99th percentile of latency, steady and during rollouts",
      `${percentile(steady, 0.99)} ms, ${percentile(rolling, 0.99)} ms`,
      "at most twice",
    ),
  ];
}

/** Of at least one value; nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] as number);
}
