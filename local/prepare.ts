/**
 * What must be there before a deployment can even be previewed: base images, the cluster, the database.
 * Each step finds its work done in a moment when it is; `npm run up` shows them one by one, a plain `pulumi up`
 * runs them all quietly.
 */
import { createHash } from "node:crypto";
import { TaskFlowError } from "../aiops/kagent/codes/index.ts";
import type { StackConfig } from "../components/stackConfig.ts";
import { type BaseImages, ensureBases } from "./baseImages/index.ts";
import { chooseCluster } from "./clusters/index.ts";
import type { KubeAccess, NodeAddress } from "./clusters/types.ts";
import { ensurePostgres, listenAddresses } from "./postgres/index.ts";
import type { Report } from "./run.ts";

export interface LocalDatabase {
  /** PostgreSQL URL as the pods reach it; a secret. Empty where the stack configures its own. */
  url: string;
  /** Changes when the pods must learn a new address; tells nothing secret. Empty where configured. */
  revision: string;
}

/** Plain data: one process can hand it to another. */
export interface Prepared {
  bases: BaseImages;
  /** The name of the cluster itself, e.g. that of its container. */
  clusterName: string;
  /** The cluster as `taskflow:cluster` would name it outright: `embedded`, `context:NAME`, never `auto`. */
  choice: string;
  access: KubeAccess;
  address: NodeAddress;
  database: LocalDatabase;
}

export interface PreparationStep {
  title: string;
  run(report: Report): Promise<void>;
}

/** The steps, in order, and what they leave; `result` throws while a step is missing. */
export function preparation(config: StackConfig): { steps: PreparationStep[]; result(): Prepared } {
  const left: Partial<Prepared> = {};
  const steps: PreparationStep[] = [
    {
      title: "Base images",
      async run(report) {
        left.bases = await ensureBases(report);
      },
    },
    {
      title: "Cluster",
      async run(report) {
        const cluster = await chooseCluster(config.cluster, config);
        await cluster.ensure(report);
        left.clusterName = cluster.name;
        left.choice = cluster.kind === "context" ? `context:${cluster.name}` : cluster.kind;
        left.access = await cluster.kubeconfig();
        left.address = await cluster.nodeAddress();
      },
    },
    {
      title: "Database",
      async run(report) {
        left.database = config.configured.databaseUrl
          ? { url: "", revision: "" }
          : await localDatabase(left.address as NodeAddress, report);
      },
    },
  ];
  return {
    steps,
    result() {
      const { bases, clusterName, choice, access, address, database } = left;
      if (!bases || !clusterName || !choice || !access || !address || !database)
        throw new Error("preparation has steps that did not run");
      return { bases, clusterName, choice, access, address, database };
    },
  };
}

const handedOver = "TASKFLOW_PREPARED";

/** Environment for a child that would prepare the same again a moment later: its `prepare` takes this instead. */
export const handOver = (prepared: Prepared): Record<string, string> => ({
  [handedOver]: JSON.stringify(prepared),
});

/** All of it, without showing the steps; nothing where the parent process has done it. */
export async function prepare(config: StackConfig, report: Report = () => {}): Promise<Prepared> {
  const given = process.env[handedOver];
  if (given) return JSON.parse(given) as Prepared;
  const { steps, result } = preparation(config);
  const [bases, ...others] = steps;
  // Side by side: the cluster needs a base image only where its node has to be built, and then finds it being made.
  await Promise.all([
    bases?.run(report),
    (async () => {
      for (const step of others) await step.run(report);
    })(),
  ]);
  return result();
}

async function localDatabase(address: NodeAddress, report: Report): Promise<LocalDatabase> {
  const server = await ensurePostgres({
    listen: listenAddresses(address),
    allowCidrs: address.podSourceCidrs,
    report,
  });
  if (!address.hostFromPods) {
    throw new TaskFlowError("TF1001", {
      what: "pods of this cluster can't reach a database on this machine, and taskflow:databaseUrl is not configured",
      values: { fix: "pulumi config set --secret taskflow:databaseUrl" },
    });
  }
  const url = server.url(address.hostFromPods);
  // Eight hex digits of a hash over a generated 128-bit password and more tell nobody the password.
  return { url, revision: createHash("sha256").update(url).digest("hex").slice(0, 8) };
}
