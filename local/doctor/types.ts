/** What the doctor looks at, with what, and what it says. */
import type { Code } from "../../aiops/kagent/codes/index.ts";
import type { StackConfig } from "../../components/stackConfig.ts";
import type { Cluster } from "../clusters/types.ts";
import type { DockerClient, DockerInfo } from "../docker.ts";
import type { DatabaseCheck, PostgresStatus } from "../postgres/index.ts";
import type { run } from "../run.ts";
import type { installedTool, pulumiCli } from "../toolchain/index.ts";
import type { pluginsNeeded } from "../toolchain/pulumi.ts";
import type { Machine } from "./machine.ts";

export type Status = "ok" | "warn" | "fail";

/** One line of the report. */
export interface CheckResult {
  /** Stable name, e.g. `docker`, `disk`; what `only` and `--json` go by. */
  id: string;
  /** What was looked at, in a person's words. */
  title: string;
  /** `warn`: it works, but. `fail`: `up` or the tests cannot work. */
  status: Status;
  /** What was found, with numbers and names. */
  found: string;
  /** For `warn` and `fail`. */
  code?: Code;
  /** For `warn` and `fail`: lines for this system's shell; a step that is no command begins with `# `. */
  fix?: string[];
}

/** What a check says; its id and title are added. A check of several things titles each. */
export type Outcome = Omit<CheckResult, "id" | "title"> & { title?: string };

export interface Check {
  id: string;
  title: string;
  /** A TaskFlowError thrown here becomes a `fail` with its code, what and fix. */
  run(context: Context): Promise<Outcome | Outcome[]>;
}

/** Everything a check may touch; tests put their own in its place. */
export interface Context {
  config: Pick<StackConfig, "stack" | "hostPort" | "cluster" | "configured">;
  machine: Machine;
  env: Readonly<Record<string, string | undefined>>;
  run: typeof run;
  /** A file's text; undefined where it cannot be read. */
  readText(path: string): Promise<string | undefined>;
  /** Free bytes for an ordinary user on the file system of `path` or of its nearest parent that exists. */
  freeBytes(path: string): Promise<number>;
  /** Of this machine, in bytes and as a count. */
  memory: { total: number; available: number };
  cpus: number;
  /** Can a program listen on this port of the loopback right now? */
  portFree(port: number): Promise<boolean>;
  dockerClient(): Promise<DockerClient>;
  /** Rejects with TF1101 where no daemon answers. */
  dockerInfo(): Promise<DockerInfo>;
  /** The cluster that the stack and the command line ask for, as it is; starts nothing. */
  cluster(): Promise<Cluster>;
  /** Of the API server that this cluster's kubeconfig names, e.g. `v1.36.2`. */
  kubernetesVersion(cluster: Cluster): Promise<string>;
  installedTool: typeof installedTool;
  pulumiCli: typeof pulumiCli;
  pluginsNeeded: typeof pluginsNeeded;
  checkDatabaseUrl(url: string): Promise<DatabaseCheck>;
  localDatabase(): Promise<PostgresStatus>;
}

export const ok = (found: string): Outcome => ({ status: "ok", found });
export const warn = (code: Code, found: string, fix: string[] = []): Outcome => ({
  status: "warn",
  code,
  found,
  fix,
});
export const fail = (code: Code, found: string, fix: string[] = []): Outcome => ({
  status: "fail",
  code,
  found,
  fix,
});
