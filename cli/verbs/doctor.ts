import { Command } from "commander";
import { runChecks } from "../../local/doctor/index.ts";
import type { CheckResult } from "../../local/doctor/types.ts";
import { type StackOptions, withStack } from "../options.ts";
import { readStack } from "../stackFile.ts";
import { renderCheck, summary } from "../ui/checks.ts";
import { exitCodes } from "../ui/exitCodes.ts";

export function doctor(): Command {
  return withStack(new Command("doctor"))
    .description("look at everything TaskFlow needs on this machine and say how to mend what is missing")
    .option("--json", "print the results as a JSON array on standard output")
    .action(async (options: StackOptions & { json?: boolean }) => {
      const { config } = await readStack(options);
      const results: CheckResult[] = [];
      for await (const result of runChecks({ config })) {
        results.push(result);
        if (!options.json) console.log(renderCheck(result, process.stdout.hasColors?.() ?? false));
      }
      console.log(options.json ? JSON.stringify(results, null, 2) : `\n${summary(results)}`);
      if (results.some((result) => result.status === "fail")) process.exitCode = exitCodes.notReady;
    });
}
