/** The local `node-build`: this repo's own Node and a pinned npm on the local `debian`. */

import { createHash } from "node:crypto";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { buildImage } from "../docker.ts";
import { repoRoot } from "../paths.ts";
import { lastLines, type Report, run } from "../run.ts";
import { dockerfile, ensureMade, inTemporaryFolder } from "./make.ts";
import { npm, recipeVersion } from "./pins.ts";

/** Fetches npm's package through the machine's own npm and its registry; the content must be the pinned one. */
async function fetchNpm(folder: string): Promise<string> {
  const result = await run("npm", ["pack", `npm@${npm.version}`, "--silent"], { cwd: folder });
  if (result.failed) {
    throw new TaskFlowError("TF1202", {
      what: `npm ${npm.version} could not be fetched for taskflow-base/node-build`,
      detail: lastLines(result.all),
      values: { fix: "npm ping" },
    });
  }
  const file = join(folder, `npm-${npm.version}.tgz`);
  const integrity = `sha512-${createHash("sha512")
    .update(await readFile(file))
    .digest("base64")}`;
  if (integrity !== npm.integrity) {
    throw new TaskFlowError("TF1202", {
      what: `the registry's npm ${npm.version} is not the pinned one`,
      detail: [`wanted ${npm.integrity}`, `found  ${integrity}`],
      values: { fix: "npm config get registry   # is this mirror to be trusted?" },
    });
  }
  return file;
}

/** Makes it on the local debian `base`, or finds it made. @throws TaskFlowError TF1202, TF1201, TF1205. */
export async function makeNodeBuild(base: string, report: Report): Promise<string> {
  const file = dockerfile("node-build");
  const node = join(repoRoot, "node_modules/node");
  const { version } = JSON.parse(await readFile(join(node, "package.json"), "utf8")) as { version: string };
  const content = { recipeVersion, base, node: version, npm, steps: await readFile(file, "utf8") };
  return ensureMade("node-build", content, (ref) =>
    inTemporaryFolder(async (context) => {
      report(`making node-build with Node ${version} and npm ${npm.version} (once)`);
      await copyFile(join(node, "bin/node"), join(context, "node"));
      await copyFile(await fetchNpm(context), join(context, "npm.tgz"));
      await buildImage({ context, dockerfile: file, args: { DEBIAN: base }, tags: [ref], report });
    }),
  );
}
