import { dockerOrFail } from "../../local/docker.ts";
import type { Bench, Row } from "./measure.ts";

const goals = { frontend: "200 MB, aim 145", backend: "500 MB, aim 180" };

/** Uncompressed sizes of the newest build, as `docker image inspect` tells them; 1 MB is 10^6 bytes. */
export const imageSizes: Bench = async () => {
  const rows: Row[] = [];
  for (const component of ["frontend", "backend"] as const) {
    const { stdout } = await dockerOrFail([
      "image",
      "inspect",
      "--format",
      "{{.Size}}",
      `todo-${component}:local`,
    ]);
    rows.push({
      bench: "sizes",
      what: `todo-${component}, uncompressed`,
      measured: `${(Number(stdout) / 1e6).toFixed(1)} MB`,
      runs: 1,
      goal: goals[component],
    });
  }
  return rows;
};
