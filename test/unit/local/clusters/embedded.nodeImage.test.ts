import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contentTag } from "../../../../local/clusters/embedded/nodeImage.ts";

let folder: string;
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "taskflow-node-"));
  mkdirSync(join(folder, "cmd"));
  write("cmd/main.go", "package main");
  write("Dockerfile", "FROM scratch");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the tag stays while nothing changes, and when only tests and documents do", async () => {
  const tag = await contentTag(folder, "debian@sha256:1");
  expect(tag).toMatch(/^[0-9a-f]{12}$/);
  write("cmd/main_test.go", "package main");
  write("README.md", "# Node");
  expect(await contentTag(folder, "debian@sha256:1")).toBe(tag);
});

test("the tag changes with a file's content, its name, and the base", async () => {
  const tags = [await contentTag(folder, "debian@sha256:1"), await contentTag(folder, "debian@sha256:2")];
  write("cmd/main.go", "package other");
  tags.push(await contentTag(folder, "debian@sha256:1"));
  rmSync(join(folder, "cmd/main.go"));
  write("cmd/other.go", "package main");
  tags.push(await contentTag(folder, "debian@sha256:1"));
  expect(new Set(tags).size).toBe(4);
});
