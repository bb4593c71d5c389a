import { type Check, fail, ok } from "../types.ts";

/** The Node that runs this; the repo brings its own, so that an older one on the PATH does no harm. */
export const node: Check = {
  id: "node",
  title: "Node",
  async run({ run }) {
    const version = process.versions.node;
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < 22 || (major === 22 && minor < 18)) {
      return fail("TF1109", `${version}; 24 runs this repo`, [
        "npm run doctor",
        "npm rebuild node --foreground-scripts",
      ]);
    }
    const system = (
      await run("node", ["--version"], { timeout: 5_000, env: { PATH: systemPath() } })
    ).stdout.trim();
    return ok(
      system && system !== `v${version}` ? `${version}, the repo's own (${system} on the PATH)` : version,
    );
  },
};

/** The PATH without the folders that npm puts before it. */
const systemPath = (): string =>
  (process.env.PATH ?? "")
    .split(":")
    .filter((folder) => !folder.includes("node_modules") && !folder.includes("node-gyp-bin"))
    .join(":");
