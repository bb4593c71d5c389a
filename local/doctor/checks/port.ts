import { checkoutId } from "../../paths.ts";
import { type Check, type Context, fail, ok } from "../types.ts";

/** The frontend's port on this machine: free, or held by this checkout's own cluster. */
export const port: Check = {
  id: "port",
  title: "Port of the frontend",
  async run(context) {
    const { hostPort, stack } = context.config;
    if (await context.portFree(hostPort)) return ok(`${hostPort} is free`);
    const container = await publishedBy(context, hostPort);
    if (container?.startsWith(`taskflow-${checkoutId}`)) return ok(`${hostPort} is this checkout's cluster`);
    // A cluster of the user's that maps the port does so for us.
    const cluster = await context.cluster().catch(() => undefined);
    if (container !== undefined && container === cluster?.name)
      return ok(`${hostPort} is cluster ${container}`);
    const owner = container ? `container ${container}` : await listener(context, hostPort);
    return fail("TF1107", `${hostPort} is taken by ${owner ?? "another program"}`, [
      `pulumi config set --stack ${stack} taskflow:hostPort ${await nextFree(context, hostPort)}`,
      container?.startsWith("taskflow-")
        ? `# or run \`npm run destroy\` in the other checkout that container ${container} belongs to`
        : `# or end ${owner ?? "the program that listens there"}`,
    ]);
  },
};

async function publishedBy(context: Context, hostPort: number): Promise<string | undefined> {
  const { path } = await context.dockerClient();
  const result = await context.run(
    path,
    ["ps", "--filter", `publish=${hostPort}`, "--format", "{{.Names}}"],
    {
      timeout: 5_000,
    },
  );
  return result.failed ? undefined : result.stdout.split("\n")[0] || undefined;
}

/** The program that listens, as far as this user may see it: `node (pid 4711)`. */
async function listener(context: Context, hostPort: number): Promise<string | undefined> {
  if (context.machine.system === "macos") {
    const args = ["-nP", `-iTCP:${hostPort}`, "-sTCP:LISTEN", "-Fpc"];
    const { stdout } = await context.run("lsof", args, { timeout: 5_000 });
    const pid = /^p(\d+)$/m.exec(stdout)?.[1];
    return pid ? `${/^c(.+)$/m.exec(stdout)?.[1]} (pid ${pid})` : undefined;
  }
  const { stdout } = await context.run("ss", ["-Hltnp", `sport = :${hostPort}`], { timeout: 5_000 });
  const match = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout);
  // The kernel cuts a name such as `next-server (v16)` in the middle of its addition.
  return match ? `${match[1]?.split(" (")[0]} (pid ${match[2]})` : undefined;
}

async function nextFree(context: Context, from: number): Promise<number> {
  for (let candidate = from + 1; candidate <= Math.min(from + 100, 65_535); candidate++) {
    if (await context.portFree(candidate)) return candidate;
  }
  return from + 1;
}
