/** `npm run <verb>`: one file a verb in verbs/; this only puts them together and turns every error into one screen. */
import { Command, CommanderError } from "commander";
import { errorJson, renderError, styleOf } from "./ui/error.ts";
import { exitCodeOf } from "./ui/exitCodes.ts";

const program = new Command("taskflow")
  .usage("<verb> [options]        (npm run <verb> -- [options])")
  .description("TaskFlow on Kubernetes: from source to a running deployment on a local cluster.")
  .showHelpAfterError("(--help shows what there is)")
  .exitOverride();

/** Each is loaded when it is asked for: no verb waits for what only others need. */
const verbs: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import("./verbs/up.ts")).up(),
  preview: async () => (await import("./verbs/preview.ts")).preview(),
  refresh: async () => (await import("./verbs/refresh.ts")).refresh(),
  rollback: async () => (await import("./verbs/rollback.ts")).rollback(),
  destroy: async () => (await import("./verbs/destroy.ts")).destroy(),
  doctor: async () => (await import("./verbs/doctor.ts")).doctor(),
  status: async () => (await import("./verbs/status.ts")).status(),
  logs: async () => (await import("./verbs/logs.ts")).logs(),
  diagnose: async () => (await import("./verbs/diagnose.ts")).diagnose(),
  ask: async () => (await import("./verbs/ask.ts")).ask(),
  mend: async () => (await import("./verbs/mend.ts")).mend(),
  approve: async () => (await import("./verbs/approve.ts")).approve(),
  open: async () => (await import("./verbs/open.ts")).open(),
  cluster: async () => (await import("./verbs/cluster.ts")).cluster(),
  load: async () => (await import("./verbs/load.ts")).load(),
  scan: async () => (await import("./verbs/scan.ts")).scan(),
  sbom: async () => (await import("./verbs/sbom.ts")).sbom(),
  "kubectl-ai": async () => (await import("./verbs/kubectlAi.ts")).kubectlAi(),
  clean: async () => (await import("./verbs/clean.ts")).clean(),
};
const [, , first = ""] = process.argv;
for (const [name, load] of Object.entries(verbs)) {
  // For anything else, such as --help or a slip, all of them.
  if (name === first || !Object.hasOwn(verbs, first)) program.addCommand((await load()).exitOverride());
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
