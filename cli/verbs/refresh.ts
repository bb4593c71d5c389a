import type { Command } from "commander";
import { comparing } from "./preview.ts";

export const refresh = (): Command =>
  comparing(
    "refresh",
    "show what was changed in the cluster by hand since the last `up`; `up` mends it",
    "drift",
    {
      step: "Compare the cluster with the last deployment",
      same: "No drift: the cluster is as it was deployed.",
    },
  );
