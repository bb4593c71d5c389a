/** `npm run diagnose -- --watch --json`, as a person would leave it running, and when it said what. */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import type { Finding } from "../../../aiops/kagent/checks/types.ts";
import { repoRoot } from "../../../local/paths.ts";
import { chosen } from "../rollout/load.ts";

interface Told {
  change: "start" | "new" | "gone" | "lost" | "back";
  at: string;
  finding?: Finding;
}

export interface Watch {
  /** Seconds from `since` (milliseconds since 1970) to the first word of such a finding; undefined if none came by now. */
  saidAfter(since: number, is: (finding: Finding) => boolean): number | undefined;
  stop(): Promise<void>;
}

export function startWatch(): Watch {
  const child = execa(process.execPath, [join(repoRoot, "bootstrap.mjs"), "diagnose", "--watch", "--json"], {
    cwd: repoRoot,
    env: { NO_COLOR: "1", ...chosen },
    stdin: "ignore",
    detached: true,
    buffer: { stdout: false },
    reject: false,
  });
  const told: Told[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => told.push(JSON.parse(line) as Told));
  return {
    saidAfter(since, is) {
      const first = told.find(
        ({ change, at, finding }) => change === "new" && finding && Date.parse(at) >= since && is(finding),
      );
      return first && (Date.parse(first.at) - since) / 1000;
    },
    async stop() {
      // As a terminal's Ctrl-C: to the whole group.
      process.kill(-(child.pid as number), "SIGINT");
      await child;
    },
  };
}
