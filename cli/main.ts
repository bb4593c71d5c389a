/** `npm run <verb>`: one file a verb in verbs/; this only puts them together and turns every error into one screen. */
import { Command, CommanderError } from "commander";
import { errorJson, renderError, styleOf } from "./ui/error.ts";
import { exitCodeOf } from "./ui/exitCodes.ts";
import { approve } from "./verbs/approve.ts";
import { ask } from "./verbs/ask.ts";
import { clean } from "./verbs/clean.ts";
import { cluster } from "./verbs/cluster.ts";
import { destroy } from "./verbs/destroy.ts";
import { diagnose } from "./verbs/diagnose.ts";
import { doctor } from "./verbs/doctor.ts";
import { kubectlAi } from "./verbs/kubectlAi.ts";
import { load } from "./verbs/load.ts";
import { logs } from "./verbs/logs.ts";
import { mend } from "./verbs/mend.ts";
import { open } from "./verbs/open.ts";
import { preview } from "./verbs/preview.ts";
import { refresh } from "./verbs/refresh.ts";
import { rollback } from "./verbs/rollback.ts";
import { sbom } from "./verbs/sbom.ts";
import { scan } from "./verbs/scan.ts";
import { status } from "./verbs/status.ts";
import { up } from "./verbs/up.ts";

const program = new Command("taskflow")
  .usage("<verb> [options]        (npm run <verb> -- [options])")
  .description("TaskFlow on Kubernetes: from source to a running deployment on a local cluster.")
  .showHelpAfterError("(--help shows what there is)")
  .exitOverride();

const verbs = [
  up,
  preview,
  refresh,
  rollback,
  destroy,
  doctor,
  status,
  logs,
  diagnose,
  ask,
  mend,
  approve,
  open,
  cluster,
  load,
  scan,
  sbom,
  kubectlAi,
  clean,
];
for (const make of verbs) {
  program.addCommand(make().exitOverride());
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) {
    if (process.argv.includes("--json")) console.log(JSON.stringify({ error: errorJson(error) }, null, 2));
    else console.error(`\n${renderError(error, styleOf(process.stderr))}\n`);
  }
  process.exitCode = exitCodeOf(error);
}
