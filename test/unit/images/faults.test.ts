/** Each of the e2e layer's looks at an image can fail: here on files made up for it. */
import { describe, expect, test } from "vitest";
import {
  differences,
  notRoots,
  packageManagers,
  setuid,
  unwantedPrograms,
  worldWritable,
} from "../../support/imageFaults.ts";
import { type ImageFile, type ImageLayer, merged } from "../../support/imageFiles.ts";

const file = (facts: Partial<ImageFile> = {}): ImageFile => ({
  type: "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  size: 1,
  link: "",
  hash: "a",
  ...facts,
});
const files = (facts: Record<string, Partial<ImageFile>>) =>
  new Map(Object.entries(facts).map(([path, of]) => [path, file(of)]));

test("programs that nobody should find", () => {
  const found = unwantedPrograms(
    files({
      "bin/busybox": {},
      "usr/bin/sh": { type: "symlink", link: "dash" },
      "usr/bin/bash": {},
      "usr/bin/apt-get": {},
      "usr/bin/dpkg": {},
      "usr/local/bin/npm": { type: "symlink" },
      "app/.venv/bin/pip3": {},
      "app/node_modules/.bin/npx": {},
      "usr/local/bin/node": {},
      "usr/bin/python3.13": {},
      "app/node_modules/next/sh": {},
      "var/lib/dpkg": { type: "directory" },
    }),
  );
  expect(found).toEqual([
    "app/.venv/bin/pip3",
    "app/node_modules/.bin/npx",
    "bin/busybox",
    "usr/bin/apt-get",
    "usr/bin/bash",
    "usr/bin/dpkg",
    "usr/bin/sh",
    "usr/local/bin/npm",
  ]);
});

test("package managers as libraries", () => {
  const paths = [
    "usr/local/lib/node_modules/npm/package.json",
    "app/.venv/lib/python3.13/site-packages/pip/x.py",
  ];
  const all = files({
    [paths[0] as string]: {},
    [paths[1] as string]: {},
    "app/node_modules/next/package.json": {},
  });
  expect(packageManagers(all)).toEqual([...paths].sort());
});

test("setuid and setgid files", () => {
  expect(
    setuid(
      files({ a: { mode: 0o4755 }, b: { mode: 0o2755 }, c: {}, d: { type: "directory", mode: 0o2755 } }),
    ),
  ).toEqual(["a", "b"]);
});

test("owners other than root, the user's own home aside", () => {
  const all = files({
    "app/a": { uid: 65532 },
    "etc/b": { gid: 5 },
    "app/data": { type: "directory", uid: 65532 },
    "home/nonroot": { type: "directory", uid: 65532, gid: 65532 },
    "usr/c": {},
  });
  expect(notRoots(all)).toEqual(["app/a", "app/data", "etc/b"]);
});

test("files that anybody may write", () => {
  const all = files({
    a: { mode: 0o666 },
    dir: { type: "directory", mode: 0o777 },
    tmp: { type: "directory", mode: 0o1777 },
    link: { type: "symlink", mode: 0o777 },
    b: {},
  });
  expect(worldWritable(all)).toEqual(["a", "dir"]);
});

describe("differences between two builds", () => {
  const layer = (digest: string, facts: Record<string, Partial<ImageFile>>): ImageLayer => ({
    digest,
    size: 0,
    compressed: 0,
    files: files(facts),
  });

  test("none where digests are the same", () => {
    expect(differences([layer("1", { a: {} })], [layer("1", { a: {} })])).toEqual([]);
  });

  test("are named, file by file", () => {
    const one = layer("1", { a: { hash: "x" }, b: { mtime: 1 }, c: {}, e: {} });
    const two = layer("2", { a: { hash: "y" }, b: { mtime: 2 }, d: {}, e: {} });
    expect(differences([layer("0", {}), one], [layer("0", {}), two])).toEqual([
      "layer 2: a: hash x / y",
      "layer 2: b: mtime 1 / 2",
      "layer 2: c: only in the first",
      "layer 2: d: only in the second",
    ]);
    expect(differences([layer("1", { a: {} })], [layer("2", { a: {} })])).toEqual([
      "layer 1: the same files, archived otherwise",
    ]);
    expect(differences([], [one])).toEqual(["0 layers and 1 layers"]);
  });
});

test("layers are laid over each other as a container sees them", () => {
  const lower = { files: files({ "a/x": {}, "a/y": {}, b: { hash: "old" }, "c/z": {} }) };
  const upper = { files: files({ "a/.wh.x": {}, b: { hash: "new" }, "c/.wh..wh..opq": {}, "c/new": {} }) };
  const seen = merged([lower, upper]);
  expect([...seen.keys()].sort()).toEqual(["a/y", "b", "c/new"]);
  expect(seen.get("b")?.hash).toBe("new");
});
