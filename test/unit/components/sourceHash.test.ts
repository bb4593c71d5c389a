import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contextFiles, ignoreRules, sourceHash } from "../../../components/sourceHash.ts";
import { buildImage, docker, dockerInfo } from "../../../local/docker.ts";
import { run } from "../../../local/run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "source-hash-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes files by path; a text of `-> x` makes a link to x. */
function put(files: Record<string, string>, root = folder): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith("-> ")) symlinkSync(text.slice(3), join(root, path));
    else writeFileSync(join(root, path), text);
  }
}

const paths = (): string[] => contextFiles(folder).map(({ path }) => path);

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number): Generator<number> {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield x >>> 8;
  }
}

function randomTree(seed: number): Record<string, string> {
  const next = numbers(seed);
  const pick = (limit: number): number => (next.next().value as number) % limit;
  const tree: Record<string, string> = {};
  for (let i = 0; i < 8; i++) {
    const folders = Array.from({ length: pick(3) }, () => `d${pick(3)}`);
    tree[[...folders, `f${i}`].join("/")] = `text ${pick(1000)}`;
  }
  return tree;
}

describe("sourceHash", () => {
  it("is twelve hex digits", () => {
    put({ a: "1" });
    expect(sourceHash(folder)).toMatch(/^[0-9a-f]{12}$/);
  });

  it("does not depend on the order in which files came to be, nor on where they are", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const tree = randomTree(seed);
      const forth = join(folder, `forth${seed}`);
      const back = join(folder, `back${seed}`);
      put(tree, forth);
      put(Object.fromEntries(Object.entries(tree).reverse()), back);
      expect(sourceHash(back)).toBe(sourceHash(forth));
    }
  });

  it("takes files in the order of their whole paths, whatever the folder's order is", () => {
    put({ "b/x": "1", "b.txt": "1", a: "1" });
    expect(paths()).toEqual(["a", "b.txt", "b/x"]);
  });

  it("changes with any file's bytes or name, in any tree", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const root = join(folder, `tree${seed}`);
      const tree = randomTree(seed);
      put(tree, root);
      const seen = new Set([sourceHash(root)]);
      for (const [path, text] of Object.entries(tree)) {
        put({ [path]: `${text.slice(0, -1)}x` }, root);
        seen.add(sourceHash(root));
        put({ [path]: text }, root);
        renameSync(join(root, path), join(root, `${path}.moved`));
        seen.add(sourceHash(root));
        renameSync(join(root, `${path}.moved`), join(root, path));
      }
      expect(seen.size).toBe(1 + 2 * Object.keys(tree).length);
    }
  });

  it("tells apart what only looks the same when strung together", () => {
    put({ "1/a": "1", "1/b": "2", "2/a": "1file\0b\x002" });
    expect(sourceHash(join(folder, "1"))).not.toBe(sourceHash(join(folder, "2")));
    expect(sourceHash(folder, { a: "bc" })).not.toBe(sourceHash(folder, { ab: "c" }));
  });

  it("ignores file times, the umask and empty folders", () => {
    put({ "a/b": "1" });
    const before = sourceHash(folder);
    utimesSync(join(folder, "a/b"), 1, 1);
    chmodSync(join(folder, "a/b"), 0o600);
    chmodSync(join(folder, "a"), 0o700);
    mkdirSync(join(folder, "empty"));
    expect(sourceHash(folder)).toBe(before);
  });

  it("counts the executable bit", () => {
    put({ run: "#!/bin/sh\n" });
    const before = sourceHash(folder);
    chmodSync(join(folder, "run"), 0o755);
    expect(sourceHash(folder)).not.toBe(before);
  });

  it("counts a link by its target, whether that exists or not, and does not follow it", () => {
    put({ "real/x": "1", link: "-> real" });
    const before = sourceHash(folder);
    expect(paths()).toEqual(["link", "real/x"]);
    rmSync(join(folder, "link"));
    put({ link: "-> nowhere" });
    expect(sourceHash(folder)).not.toBe(before);
  });

  it("counts each input, in any order", () => {
    put({ a: "1" });
    const both = sourceHash(folder, { target: "production", platform: "linux/amd64" });
    expect(sourceHash(folder, { platform: "linux/amd64", target: "production" })).toBe(both);
    expect(sourceHash(folder, { platform: "linux/arm64", target: "production" })).not.toBe(both);
    expect(sourceHash(folder)).not.toBe(both);
  });

  it("does not see what .dockerignore leaves out", () => {
    put({ ".dockerignore": "node_modules\n", "src/a": "1" });
    const before = sourceHash(folder);
    put({ "node_modules/x/index.js": "1" });
    expect(sourceHash(folder)).toBe(before);
    put({ "src/node_modules/x": "1" });
    expect(sourceHash(folder)).not.toBe(before);
  });

  it("does not enter a folder that is left out as a whole", () => {
    put({ ".dockerignore": "*\n!src\n!**/keep.md\n", "big/a/b": "1", "src/a": "1" });
    const rules = ignoreRules("*\n!src\n");
    expect(rules.skips("big")).toBe(true);
    expect(rules.skips("src")).toBe(false);
    expect(ignoreRules("big\n!big/a/keep\n").skips("big")).toBe(false);
    expect(ignoreRules("big\n!big/a/keep\n").skips("big/b")).toBe(true);
    expect(ignoreRules("*\n!**/keep.md\n").skips("big")).toBe(false);
    expect(ignoreRules("*\n!**/keep.md\n").skips("big/a")).toBe(false);
  });

  it("takes for plain what means something to a regular expression, as Docker since 23 does", () => {
    put({
      ".dockerignore": "app/(auth)/old\na+b\nc{d}\n\\(e\n",
      "app/(auth)/old/page.tsx": "1",
      "app/(auth)/page.tsx": "1",
      "a+b": "1",
      aab: "1",
      "c{d}": "1",
      "(e": "1",
    });
    expect(paths()).toEqual([".dockerignore", "aab", "app/(auth)/page.tsx"]);
  });
});

const cases: Record<string, { ignore: string; files: string[] }> = {
  "plain names match from the root only": {
    ignore: "node_modules\n*.md\n",
    files: ["node_modules/a/b", "src/node_modules/a", "README.md", "docs/x.md"],
  },
  "any depth": {
    ignore: "**/*.pyc\n**/__pycache__\n",
    files: ["a.pyc", "x/y/a.pyc", "x/__pycache__/b", "x/a.py"],
  },
  "exceptions, the last line that matches wins": {
    ignore: "*\n!src\n!package.json\nsrc/secret\n",
    files: ["src/a", "src/secret/key", "package.json", "other/b", ".env"],
  },
  "an exception below a folder that is left out": {
    ignore: "docs\n!docs/keep/this.md\n",
    files: ["docs/a.md", "docs/keep/this.md", "docs/keep/that.md"],
  },
  "comments, blank lines, slashes and dots around": {
    ignore: "# a comment\n\n/top/\n./also\n  spaced  \n",
    files: ["top/x", "also", "spaced", "in/top/x", "# a comment"],
  },
  "case matters, one character, classes": {
    ignore: "Readme\nt?p\nf[ab]\n",
    files: ["readme", "Readme", "tip", "tiip", "fa", "fc"],
  },
  "stars in the middle": {
    ignore: "a/**/z\nb/*/z\n",
    files: ["a/z", "a/x/z", "a/x/y/z", "b/z", "b/x/z", "b/x/y/z"],
  },
};

/** Without a daemon there is nothing to compare with. */
const daemon = await dockerInfo().then(
  () => true,
  () => false,
);

describe.runIf(daemon)(".dockerignore as Docker reads it", () => {
  it.each(Object.entries(cases))("%s", { timeout: 60_000 }, async (_, { ignore, files }) => {
    put(Object.fromEntries(files.map((file) => [file, "x"])));
    put({ ".dockerignore": ignore });
    const dockerfile = join(folder, "..", `${folder.split("/").at(-1)}.Dockerfile`);
    writeFileSync(dockerfile, "FROM scratch\nCOPY . /context/\n");
    const ref = `taskflow-test/${folder.split("-").at(-1)?.toLowerCase()}:ignore`;
    try {
      await buildImage({ context: folder, dockerfile, tags: [ref] });
      const container = (await docker(["create", ref, "none"])).stdout.trim();
      const tar = join(folder, "out.tar");
      await docker(["export", "--output", tar, container]);
      await docker(["rm", container]);
      const list = await tarFiles(tar);
      rmSync(tar);
      expect(paths()).toEqual(list);
    } finally {
      rmSync(dockerfile, { force: true });
      await docker(["rmi", ref]);
    }
  });
});

async function tarFiles(tar: string): Promise<string[]> {
  const { stdout } = await run("tar", ["--list", "--file", tar]);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("context/") && !line.endsWith("/"))
    .map((line) => line.slice("context/".length))
    .sort();
}
