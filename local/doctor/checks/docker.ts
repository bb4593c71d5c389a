import { installCommand } from "../machine.ts";
import { type Check, fail, ok } from "../types.ts";

/** Where it does not answer, the error of local/docker says why and how to mend it. */
export const docker: Check = {
  id: "docker",
  title: "Docker daemon",
  async run(context) {
    const info = await context.dockerInfo();
    const kind = info.dockerDesktop ? ", Docker Desktop" : info.rootless ? ", rootless" : "";
    return ok(`${info.serverVersion}, ${info.storageDriver}, ${info.architecture}${kind}`);
  },
};

export const buildKit: Check = {
  id: "buildkit",
  title: "BuildKit",
  async run(context) {
    const { version, buildKit: how, path } = await context.dockerClient();
    if (how === "buildx") return ok(`buildx, through ${path} ${version}`);
    if (how === "builtin") return ok(`built into ${path} ${version}`);
    if (version === undefined)
      return fail("TF1102", "no docker program on the PATH", [installCommand(context.machine, "docker.io")]);
    return fail("TF1102", `${path} ${version} has no buildx plugin`, [
      installCommand(context.machine, "docker-buildx"),
      "docker buildx version",
    ]);
  },
};
