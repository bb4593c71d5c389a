import { mkdir, mkdtemp, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { prepare } from "../../../../local/postgres/binaries.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "taskflow-native-"));
  await mkdir(join(dir, "native/bin"), { recursive: true });
  await mkdir(join(dir, "native/lib"));
  for (const name of ["initdb", "pg_ctl", "postgres"]) {
    await writeFile(join(dir, "native/bin", name), "", { mode: 0o644 });
  }
  await writeFile(join(dir, "native/lib/libpq.so.5.18"), "");
  const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  await writeFile(join(dir, "native/pg-symlinks.json"), JSON.stringify(links));
});
afterEach(() => rm(dir, { recursive: true }));

it("makes the links and execute bits that npm left out, and is content to find them", async () => {
  await prepare(dir);
  await prepare(dir);
  expect(await readlink(join(dir, "native/lib/libpq.so.5"))).toBe("libpq.so.5.18");
  expect((await stat(join(dir, "native/bin/postgres"))).mode & 0o777).toBe(0o755);
});

it("does without links on a system whose package lists none", async () => {
  await rm(join(dir, "native/pg-symlinks.json"));
  await expect(prepare(dir)).resolves.toBeUndefined();
});
