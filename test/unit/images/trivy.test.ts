/**
 * What is made of Trivy's reports. The recorded ones are Trivy 0.72.0's of the frontend's image, with databases made for
 * it (one without any entry, one with three made-up ones), cut to four packages.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { summary } from "../../../cli/verbs/scan.ts";
import { expectClean, readScan, refusedIn } from "../../../local/images/trivy.ts";

const recorded = async (name: string) =>
  readScan(JSON.parse(await readFile(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8")));

describe("Trivy's report", () => {
  test("of an image without findings counts its packages", async () => {
    const scan = await recorded("trivy-clean");
    expect(scan.packages).toEqual({ os: 2, language: 2 });
    expect(scan.findings).toEqual([]);
    expect(() => expectClean({ x: scan })).not.toThrow();
    expect(summary("todo-frontend:local", scan)).toBe(
      "todo-frontend:local: 2 OS and 2 language packages, nothing known against them",
    );
  });

  test("of one with findings has them with the worst first, and refuses critical and high ones", async () => {
    const scan = await recorded("trivy-findings");
    expect(scan.findings.map(({ id, severity }) => [id, severity])).toEqual([
      ["CVE-2000-0002", "CRITICAL"],
      ["CVE-2000-0001", "HIGH"],
      ["CVE-2000-0003", "LOW"],
    ]);
    expect(refusedIn(scan)).toHaveLength(2);
    expect(() => expectClean({ "todo-frontend:local": scan })).toThrowError(
      expect.objectContaining({
        code: "TF1208",
        what: "2 critical or high ones in todo-frontend:local",
        detail: [
          "todo-frontend:local: CRITICAL CVE-2000-0002 next 16.4.5 (mended in 16.4.6)",
          "todo-frontend:local: HIGH CVE-2000-0001 libc6 2.41-12+deb13u5",
        ],
      }),
    );
    expect(summary("x", scan)).toBe("x: 2 OS and 2 language packages, 1 critical, 1 high, 1 low");
  });

  test("of an image without a package database has no packages", () => {
    const empty = { SchemaVersion: 2, ArtifactName: "image.tar", ArtifactType: "container_image" };
    expect(readScan(empty).packages).toEqual({ os: 0, language: 0 });
    expect(readScan({ ...empty, Results: [] }).findings).toEqual([]);
  });

  test("that is none is refused", () => {
    expect(() => readScan({ Results: [{ Class: "os-pkgs" }] })).toThrow();
    expect(() => readScan("")).toThrow();
  });
});
