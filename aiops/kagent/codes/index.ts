import { ask } from "./ask.ts";
import { cluster } from "./cluster.ts";
import { config } from "./config.ts";
import { database } from "./database.ts";
import { deployer } from "./deployer.ts";
import { images } from "./images.ts";
import { internal } from "./internal.ts";
import { kubectlAi } from "./kubectlAi.ts";
import { machine } from "./machine.ts";
import { network } from "./network.ts";
import { plans } from "./plans.ts";
import { resources } from "./resources.ts";
import { rollout } from "./rollout.ts";
import { server } from "./server.ts";
import type { CodeEntry } from "./types.ts";

/** Every code, one file an area. A code never changes its meaning and is never used again for another. */
export const codes = {
  ...config,
  ...machine,
  ...images,
  ...cluster,
  ...database,
  ...rollout,
  ...network,
  ...resources,
  ...deployer,
  ...ask,
  ...kubectlAi,
  ...server,
  ...plans,
  ...internal,
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof codes;
export { TaskFlowError } from "./error.ts";
export { type CodeEntry, fillFix } from "./types.ts";
