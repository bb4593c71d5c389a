import { devPassphrase } from "../../cli/deployers/pulumi.ts";
import { repoRoot } from "../../local/paths.ts";
import { run } from "../../local/run.ts";
import { pulumiCli } from "../../local/toolchain/index.ts";
import { succeeds, taskflow } from "../support/cli.ts";
import { type Bench, type Row, spread, timed } from "./measure.ts";

const cluster = { TASKFLOW_CLUSTER: "embedded" };

/** `npm run up` when everything is as it should be, through each deployer that can be had. */
export const noop: Bench = async (report) => {
  const rows: Row[] = [];
  const cli = await pulumiCli();
  if (!cli.available) report(`without Pulumi: ${cli.reason}`);
  for (const deployer of cli.available ? (["helm", "pulumi"] as const) : (["helm"] as const)) {
    const env = { ...cluster, TASKFLOW_DEPLOYER: deployer };
    await taskflow(["destroy"], cluster);
    await succeeds(["up"], env);
    const seconds = await timed(5, () => succeeds(["up"], env));
    rows.push({
      bench: "noop",
      what: `\`npm run up\` with nothing to do, ${deployer}`,
      measured: spread(seconds),
      runs: 5,
    });
  }
  if (cli.available) {
    const env = {
      ...cli.env,
      ...cluster,
      PULUMI_CONFIG_PASSPHRASE: devPassphrase,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const seconds = await timed(5, async () => {
      const args = ["up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive"];
      const result = await run(cli.path, args, { cwd: repoRoot, env });
      if (result.failed) throw new Error(result.all);
    });
    rows.push({
      bench: "noop",
      what: "the same deployment, plain `pulumi up --yes --skip-preview`, which looks for no drift",
      measured: spread(seconds),
      runs: 5,
      goal: "2 s",
    });
  }
  return rows;
};
