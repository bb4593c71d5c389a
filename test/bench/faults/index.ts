/** Faults under a load of writes: each acknowledged write is looked for afterwards, and each fault must be over in the end. */
import { setTimeout as sleep } from "node:timers/promises";
import { succeeds, taskflow } from "../../support/cli.ts";
import { kubectl, settled } from "../../support/cluster.ts";
import { signUp } from "../../support/visitor.ts";
import type { Bench, Row } from "../measure.ts";
import type { ClientSpec, Second } from "../rollout/client.ts";
import { chosen, startHere, url } from "../rollout/load.ts";
import { checkWrites } from "../rollout/writes.ts";
import { type Fault, faults } from "./catalogue.ts";

/** Seconds of load before and after each fault. */
const margin = 4;

export const faultsBench: Bench = async (report) => {
  await succeeds(["up"], chosen);
  const rows: Row[] = [];
  try {
    for (const fault of faults) {
      report(fault.what);
      rows.push(await measure(fault));
      report(`   ${rows.at(-1)?.measured}`);
    }
  } finally {
    await taskflow(["up"], chosen);
  }
  return rows;
};

async function measure(fault: Fault): Promise<Row> {
  await freshPods();
  const { headers } = await signUp(url);
  const mark = Date.now();
  const spec = (name: string, rate: number, keepAlive: boolean): ClientSpec => ({
    name: `${name}-${mark}`,
    api: `${url}/api/v1`,
    rate,
    keepAlive,
    writes: 1,
    headers,
    timeout: 15_000,
  });
  const clients = [await startHere(spec("keep", 15, true)), await startHere(spec("fresh", 5, false))];
  let seen: Second[][] = [];
  try {
    await sleep(margin * 1000);
    await fault.happen();
    await answersAgain(headers);
    await sleep(margin * 1000);
  } finally {
    seen = await Promise.all(clients.map((client) => client.stop()));
  }
  const writes = await checkWrites(clients, seen);
  const failed = seen.flat().reduce((total, second) => total + second.failures.length, 0);
  return {
    bench: "faults",
    what: `${fault.what}: acknowledged writes lost, written twice`,
    measured: `${writes.lost}, ${writes.duplicated} of ${writes.acknowledged}; ${failed} refused, ${silence(seen.flat())} s without an answer`,
    runs: 1,
    goal: "0, 0",
  };
}

/** The kubelet waits longer before each restart of a container; so each fault meets pods of its own. */
async function freshPods(): Promise<void> {
  for (const name of ["backend", "frontend"]) await kubectl("rollout", "restart", `deployment/${name}`);
  // The old ones gone too, so that no fault meets a pod that ends anyway.
  await settled();
}

/** @throws where the app does not answer, five times running, within three minutes. */
async function answersAgain(headers: Record<string, string>): Promise<void> {
  const until = Date.now() + 180_000;
  for (let good = 0; good < 5; ) {
    const response = await fetch(`${url}/api/v1/tasks?limit=1`, {
      headers,
      signal: AbortSignal.timeout(5_000),
    }).catch(() => undefined);
    await response?.arrayBuffer();
    good = response?.ok ? good + 1 : 0;
    if (Date.now() > until) throw new Error("the app does not answer three minutes after the fault");
    await sleep(200);
  }
}

/** The longest time, in whole seconds, in which no write that was due was ever acknowledged. */
function silence(seconds: readonly Second[]): number {
  const answered = new Map<number, boolean>();
  for (const { at, written } of seconds) answered.set(at, (answered.get(at) ?? false) || written.length > 0);
  let longest = 0;
  let now = 0;
  for (const at of [...answered.keys()].sort((a, b) => a - b)) {
    now = answered.get(at) ? 0 : now + 1;
    longest = Math.max(longest, now);
  }
  return longest;
}
