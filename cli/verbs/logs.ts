import { Argument, Command } from "commander";
import { execa } from "execa";
import { components } from "../../components/chartValues.ts";
import { deployed } from "../deployed.ts";
import { type StackOptions, withStack } from "../options.ts";
import { exitCodes } from "../ui/exitCodes.ts";

interface LogsOptions extends StackOptions {
  follow: boolean;
  previous?: boolean;
  tail: string;
}

export function logs(): Command {
  return withStack(new Command("logs"))
    .description("show the pods' logs, and follow them on a terminal")
    .addArgument(new Argument("[component]", "one of them only").choices([...components]))
    .option("--no-follow", "print what there is and end")
    .option("-p, --previous", "the log of the container before the last restart")
    .option("-t, --tail <lines>", "lines of each container to start with", "100")
    .action(async (component: string | undefined, options: LogsOptions) => {
      const { kubectlArgs } = await deployed(options);
      const selector = component ? `app=${component}` : `app in (${components.join(",")})`;
      const follow = options.follow && !options.previous && process.stdout.isTTY;
      const [file, args] = await kubectlArgs([
        ...[
          "logs",
          "--selector",
          selector,
          "--all-containers",
          "--prefix",
          "--tail",
          options.tail,
          "--max-log-requests",
          "20",
          // A container that has not started, or has no run before, must not hide the others.
          "--ignore-errors",
        ],
        ...(follow ? ["--follow"] : []),
        ...(options.previous ? ["--previous"] : []),
      ]);
      const { exitCode } = await execa(file, args, { stdio: "inherit", reject: false });
      // kubectl has said on standard error what was wrong.
      if (exitCode) process.exitCode = exitCodes.failure;
    });
}
