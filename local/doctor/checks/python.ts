import { installCommand } from "../machine.ts";
import { type Check, ok, warn } from "../types.ts";

/** Only the backend's own tests need them; images are built with the Python inside. */
export const python: Check = {
  id: "python",
  title: "Python and uv",
  async run({ run, machine }) {
    const uv = await run("uv", ["--version"], { timeout: 5_000 });
    if (!uv.failed) return ok(`${uv.stdout.trim()}; it brings Python 3.13 itself`);
    for (const name of ["python3.13", "python3"]) {
      const found = await run(name, ["--version"], { timeout: 5_000 });
      const [, major, minor] = /Python (\d+)\.(\d+)/.exec(found.stdout) ?? [];
      if (Number(major) === 3 && Number(minor) >= 9) {
        return ok(`${found.stdout.trim()}, no uv; \`npm test\` puts uv into a folder of its own`);
      }
    }
    return warn("TF1108", "neither uv nor Python 3; `npm test` needs one of them for the backend", [
      installCommand(machine, "python3"),
    ]);
  },
};
