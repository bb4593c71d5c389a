/**
 * Makes dist/: the server as one file, which starts faster and needs no packages beside it. The
 * package.json of each package that is in it is put to dist/node_modules, so that scanners of images still see what
 * the image is made of.
 */
import { cp, mkdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");

/** `node_modules/@scope/name` of each package that went into the bundle, nested ones too. */
function packages(inputs: readonly string[]): string[] {
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/**
 * @param out absolute; emptied first.
 * @returns the files that went into it, relative to this package.
 */
export async function bundle(out: string): Promise<string[]> {
  await rm(out, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["server.ts"],
    outfile: join(out, "server.js"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    metafile: true,
    legalComments: "none",
    minify: true,
    keepNames: true,
    // CommonJS packages among the dependencies load Node's own modules with it.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  await cp(join(root, "package.json"), join(out, "package.json"));
  const inputs = Object.keys(metafile.inputs);
  for (const folder of packages(inputs)) {
    const target = join(out, folder.slice(folder.indexOf("node_modules/")), "package.json");
    await mkdir(dirname(target), { recursive: true });
    await cp(resolve(root, folder, "package.json"), target);
  }
  return inputs;
}

if (import.meta.main) await bundle(join(root, "dist"));
