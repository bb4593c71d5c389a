/** The local `node-build`: this repo's own Node and a pinned npm on the local `debian`. */

import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { buildImage } from "../docker.ts";
import { repoRoot } from "../paths.ts";
import { lastLines, type Report, run } from "../run.ts";
import { dockerfile, ensureMade, inTemporaryFolder } from "./make.ts";
import { npm, recipeVersion } from "./pins.ts";

const failure = (what: string, detail: string[], fix: string): TaskFlowError =>
  new TaskFlowError("TF1202", { what, detail, values: { fix } });

/** Unpacks npm at `folder`, fetched by this machine's npm from its registry; it must be the pinned one. */
async function unpackNpm(folder: string, scratch: string): Promise<void> {
  const packed = await run("npm", ["pack", `npm@${npm.version}`, "--silent"], { cwd: scratch });
  if (packed.failed) {
    const what = `npm ${npm.version} could not be fetched for taskflow-base/node-build`;
    throw failure(what, lastLines(packed.all), "npm ping");
  }
  const file = join(scratch, `npm-${npm.version}.tgz`);
  const integrity = `sha512-${createHash("sha512")
    .update(await readFile(file))
    .digest("base64")}`;
  if (integrity !== npm.integrity) {
    throw failure(
      `the registry's npm ${npm.version} is not the pinned one`,
      [`wanted ${npm.integrity}`, `found  ${integrity}`],
      "npm config get registry   # is this mirror to be trusted?",
    );
  }
  await mkdir(folder);
  const args = ["--extract", "--gzip", "--file", file, "--directory", folder, "--strip-components=1"];
  const unpacked = await run("tar", args);
  if (unpacked.failed) throw failure(`${file} could not be unpacked`, lastLines(unpacked.all), "df -h");
}

/** Makes it on the local debian `base`, or finds it made. @throws TaskFlowError TF1202, TF1201, TF1205. */
export async function makeNodeBuild(base: string, report: Report): Promise<string> {
  const file = dockerfile("node-build");
  const node = join(repoRoot, "node_modules/node");
  const { version } = JSON.parse(await readFile(join(node, "package.json"), "utf8")) as { version: string };
  const content = { recipeVersion, base, node: version, npm, steps: await readFile(file, "utf8") };
  return ensureMade("node-build", content, (ref) =>
    inTemporaryFolder(async (folder) => {
      const context = join(folder, "context");
      await mkdir(context);
      report(`making node-build with Node ${version} and npm ${npm.version} (once)`);
      await copyFile(join(node, "bin/node"), join(context, "node"));
      await unpackNpm(join(context, "npm"), folder);
      await buildImage({ context, dockerfile: file, args: { DEBIAN: base }, tags: [ref], report });
    }),
  );
}
