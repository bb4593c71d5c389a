import { Command } from "commander";
import { execa } from "execa";
import { waitForAnswer } from "../answer.ts";
import { deployed } from "../deployed.ts";
import { type StackOptions, withStack } from "../options.ts";

/** The program that opens a URL in the person's browser; undefined where there is no screen to open it on. */
function opener(): string | undefined {
  if (process.platform === "darwin") return "open";
  if (process.env.WSL_DISTRO_NAME) return "wslview";
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? "xdg-open" : undefined;
}

export function open(): Command {
  return withStack(new Command("open"))
    .description("open TaskFlow in the browser; holds a port-forward where the cluster needs one")
    .option("--print", "only print the URL")
    .action(async (options: StackOptions & { print?: boolean }) => {
      const { stack, cluster, kubectlArgs } = await deployed(options);
      const direct = (await cluster.nodeAddress()).frontendUrl;
      const url = direct ?? `http://localhost:${stack.config.hostPort}`;
      let forward: ReturnType<typeof execa> | undefined;
      if (!direct) {
        const [file, args] = await kubectlArgs([
          "port-forward",
          "service/frontend-service",
          `${stack.config.hostPort}:3000`,
        ]);
        forward = execa(file, args, { stdio: ["ignore", "ignore", "inherit"], reject: false });
      }
      try {
        await waitForAnswer(url, new AbortController().signal, 5);
      } catch (error) {
        // Left running it would keep this process.
        forward?.kill();
        throw error;
      }
      console.log(url);
      const program = options.print ? undefined : opener();
      if (program) await execa(program, [url], { stdio: "ignore", reject: false });
      if (forward) {
        console.error("Forwarding; Ctrl-C ends it.");
        await forward;
      }
    });
}
