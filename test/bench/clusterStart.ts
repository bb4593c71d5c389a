import { chooseCluster } from "../../local/clusters/index.ts";
import { type Bench, spread, timed } from "./measure.ts";

/** The embedded cluster on an empty volume, node image built: from nothing to a Ready node with its add-ons. */
export const clusterStart: Bench = async (report) => {
  const cluster = await chooseCluster("embedded");
  await cluster.ensure(report);
  const cold = await timed(
    5,
    () => cluster.ensure(report),
    () => cluster.destroy(report),
  );
  const again = await timed(
    5,
    () => cluster.ensure(report),
    () => cluster.stop(report),
  );
  const running = await timed(5, () => cluster.ensure(report));
  await cluster.destroy(report);
  return [
    {
      bench: "cluster",
      what: "embedded cluster, empty volume: ensure until the node is Ready",
      measured: spread(cold),
      runs: 5,
      goal: "6 s",
    },
    { bench: "cluster", what: "the same, stopped with its data", measured: spread(again), runs: 5 },
    { bench: "cluster", what: "the same, running already", measured: spread(running), runs: 5 },
  ];
};
