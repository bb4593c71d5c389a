/** `readyTrivy` and `scanImage` with a program in Trivy's place: what they make of each of its ends. */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { exitCodeOf } from "../../../cli/ui/exitCodes.ts";

const folders: string[] = [];
const { PATH } = process.env;

afterEach(async () => {
  process.env.PATH = PATH;
  vi.resetModules();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** Puts a Trivy on PATH that runs `script` for `image`. */
async function trivy(script: string, version = "0.72.0") {
  const folder = await mkdtemp(join(tmpdir(), "trivy-"));
  folders.push(folder);
  const file = join(folder, "trivy");
  await writeFile(
    file,
    `#!/bin/sh\n[ "$1" = --version ] && { echo "Version: ${version}"; exit; }\n${script}\n`,
  );
  await chmod(file, 0o755);
  process.env.PATH = `${folder}:${PATH}`;
  return import("../../../local/images/trivy.ts");
}

const fixture = (name: string) => join(import.meta.dirname, "fixtures", `${name}.json`);

test("without a database nothing is called scanned", async () => {
  const { readyTrivy } = await trivy(
    'echo "FATAL failed to download vulnerability DB: no such host" >&2; exit 1',
  );
  const error = await readyTrivy(() => {}).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "TF1209", detail: [expect.stringContaining("no such host")] });
  expect(exitCodeOf(error)).toBe(5);
});

test("a scan that fails is none", async () => {
  const { readyTrivy, scanImage } = await trivy(
    '[ "$2" = --download-db-only ] || { echo "FATAL bad archive" >&2; exit 1; }',
  );
  const found = await readyTrivy(() => {});
  await expect(scanImage(found, "x.tar", "x:1")).rejects.toMatchObject({ code: "TF1209" });
});

test("a scan that saw no packages is an error, however few findings it has", async () => {
  const { readyTrivy, scanImage } = await trivy(`[ "$2" = --download-db-only ] || echo '{"Results":[]}'`);
  const found = await readyTrivy(() => {});
  await expect(scanImage(found, "x.tar", "x:1")).rejects.toMatchObject({ code: "TF1210" });
});

test("a scan that saw some is read", async () => {
  const { readyTrivy, scanBundled, scanImage } = await trivy(
    `[ "$2" = --download-db-only ] || cat '${fixture("trivy-clean")}'`,
  );
  const found = await readyTrivy(() => {});
  expect((await scanImage(found, "x.tar", "x:1")).packages).toEqual({ os: 2, language: 2 });
  expect((await scanBundled(found)).packages.language).toBe(2);
  expect(await readFile(found.path, "utf8")).toContain("0.72.0");
});
