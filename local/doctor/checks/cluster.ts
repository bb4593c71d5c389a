import { type Check, fail, ok } from "../types.ts";

/** Oldest Kubernetes that the chart is written for. */
const oldest = [1, 28] as const;

/** A context that is not local, or not there, is refused by the drivers' own errors. */
export const cluster: Check = {
  id: "cluster",
  title: "Cluster",
  async run(context) {
    const chosen = await context.cluster();
    const who = `${chosen.kind} ${chosen.name}`;
    if (!(await chosen.running())) {
      return chosen.kind === "context"
        ? fail("TF1301", `${who} does not answer`, [`kubectl --context ${chosen.name} get nodes`])
        : ok(`${who} is not running; \`npm run up\` starts it`);
    }
    const version = await context.kubernetesVersion(chosen);
    const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
    if (Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1])) {
      return fail(
        "TF1304",
        `${who} runs Kubernetes ${version}; ${oldest.join(".")} is the oldest that works`,
        ["npm run up -- --cluster embedded"],
      );
    }
    return ok(`${who}, Kubernetes ${version}, on this machine`);
  },
};
