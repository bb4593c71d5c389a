import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fixKeys } from "../../scripts/fixedKeys";

const root = join(import.meta.dirname, "../..");
const hex = (digit: string, length: number) => digit.repeat(length);

let folder: string;
const read = (file: string) => readFileSync(join(folder, ".next", file), "utf8");
const write = (file: string, text: string) => writeFileSync(join(folder, ".next", file), text);

/** The four files as `next build` leaves them, with keys of this digit. */
function built(digit: string): void {
  const preview = {
    previewModeId: hex(digit, 32),
    previewModeSigningKey: hex(digit === "1" ? "2" : "3", 64),
  };
  const manifest = `{\n  "node": {},\n  "encryptionKey": "${hex(digit, 43)}="\n}`;
  write("prerender-manifest.json", JSON.stringify({ version: 4, preview }));
  write("server/preview-props.json", JSON.stringify(preview, null, 2));
  write("server/server-reference-manifest.json", manifest);
  write("server/server-reference-manifest.js", `self.__RSC_SERVER_MANIFEST=${JSON.stringify(manifest)}`);
}

const files = () =>
  globSync("**/*.{json,js}", { cwd: join(folder, ".next") })
    .sort()
    .map(read);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "standalone-"));
  mkdirSync(join(folder, ".next/server"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("fixKeys", () => {
  test("two builds of the same sources have the same keys, and others have others", () => {
    const outcomes = [
      ["1", "seed"],
      ["9", "seed"],
      ["1", "another"],
    ].map(([digit, seed]) => {
      built(digit as string);
      fixKeys(folder, seed as string);
      return files();
    });
    expect(outcomes[0]).toHaveLength(4);
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).not.toEqual(outcomes[0]);
    expect(outcomes.flat().join("")).not.toContain(hex("1", 32));
    expect(JSON.parse(read("prerender-manifest.json")).preview.previewModeId).toMatch(/^[0-9a-f]{32}$/);
  });

  test("a key that lies elsewhere is an error, not a surprise", () => {
    built("1");
    write("server/preview-props.json", "{}");
    expect(() => fixKeys(folder, "seed")).toThrow(/preview-props\.json does not hold the key/);
  });
});

test("the app has neither draft mode nor server actions, which would need keys of their own", () => {
  const sources = globSync("{app,components,lib}/**/*.{ts,tsx}", { cwd: root });
  expect(sources.length).toBeGreaterThan(10);
  const users = sources.filter((file) =>
    /["']use server["']|\bdraftMode\b|setPreviewData/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(users).toEqual([]);
});
