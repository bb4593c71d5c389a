import { type Check, type Context, ok, warn } from "../types.ts";

type ToolCheck = "kubectl" | "helm";

const toolCheck = (id: ToolCheck, title: string): Check => ({
  id,
  title,
  async run(context) {
    const found = await context.installedTool(id);
    if (!found) return ok("none yet; fetched or built, once, when it is first needed");
    return ok(`${found.version}, ${found.source === "path" ? found.path : "in the cache"}`);
  },
});

export const kubectl = toolCheck("kubectl", "kubectl");
export const helm = toolCheck("helm", "Helm");

/** The CLI and each plugin on a line of its own. Without them Helm deploys, so that nothing here fails. */
export const pulumi: Check = {
  id: "pulumi",
  title: "Pulumi",
  async run(context) {
    const cli = await context.pulumiCli({ install: false });
    const plugins = await context.pluginsNeeded();
    return [
      cli.available ? ok(`${cli.version}, ${cli.path}`) : absent(context, cli.reason),
      ...plugins.map((plugin) => {
        const title = `Pulumi's ${plugin.name}`;
        if (plugin.installed) return { title, ...ok(plugin.version) };
        const server = plugin.server ? ` --server ${plugin.server}` : "";
        return {
          title,
          ...warn("TF1605", `${plugin.version} is not installed; \`npm run up\` tries to fetch it`, [
            `pulumi plugin install resource ${plugin.name} v${plugin.version}${server}`,
          ]),
        };
      }),
    ];
  },
};

function absent({ machine }: Context, reason: string) {
  return warn("TF1605", `${reason}; \`npm run up\` tries to fetch it, and otherwise deploys with Helm`, [
    machine.system === "macos"
      ? "brew install pulumi/tap/pulumi"
      : "curl -fsSL https://get.pulumi.com | sh   # and ~/.pulumi/bin on PATH",
  ]);
}
