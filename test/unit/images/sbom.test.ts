import { describe, expect, test } from "vitest";
import { expectPackages } from "../../../local/images/packages.ts";
import { provenance } from "../../../local/images/provenance.ts";
import { countPackages } from "../../../local/images/sbom.ts";

const named = (purl: string) => ({
  name: "x",
  externalRefs: [
    { referenceCategory: "SECURITY", referenceType: "cpe23Type", referenceLocator: "cpe:2.3:a:x" },
    { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl },
  ],
});

describe("countPackages", () => {
  test("tells Debian's packages from npm's and PyPI's, and counts no other", () => {
    const document = {
      spdxVersion: "SPDX-2.3",
      packages: [
        named("pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13"),
        named("pkg:npm/next@16.4.5"),
        named("pkg:npm/%40prisma/client@7.10.0"),
        named("pkg:pypi/fastapi@0.165.0"),
        named("pkg:generic/node@24.21.0"),
        { name: "todo-frontend" },
      ],
    };
    expect(countPackages(document)).toEqual({ os: 1, language: 3 });
  });

  test("refuses what is no SPDX document", () => {
    expect(() => countPackages({ bomFormat: "CycloneDX" })).toThrow();
  });
});

describe("expectPackages", () => {
  test.each([
    [{ os: 0, language: 5 }, "Syft saw no operating system packages in todo-frontend:local"],
    [{ os: 5, language: 0 }, "Syft saw no language packages in todo-frontend:local"],
    [{ os: 0, language: 0 }, "Syft saw no operating system and no language packages in todo-frontend:local"],
  ])("%j is an error", (count, what) => {
    expect(() => expectPackages(count, "todo-frontend:local", "Syft")).toThrowError(
      expect.objectContaining({ code: "TF1210", what }),
    );
  });

  test("only what is wanted must be there", () => {
    expect(() => expectPackages({ os: 0, language: 1 }, "x", "Syft", ["language"])).not.toThrow();
    expect(() => expectPackages({ os: 1, language: 0 }, "x", "Syft", ["language"])).toThrow();
  });

  test("some of both is none", () => {
    expect(() => expectPackages({ os: 1, language: 1 }, "x", "Syft")).not.toThrow();
  });
});

test("provenance names the image by its ID, the bases by the digest they are pinned to, and the commit", () => {
  const hex = (digit: string) => digit.repeat(64);
  const statement = provenance({
    ref: "todo-backend:v1.0.0-0123456789ab",
    id: `sha256:${hex("1")}`,
    context: "backend",
    dockerfile: "backend/Dockerfile",
    target: "production",
    platform: "linux/amd64",
    args: { VERSION: "v1.0.0" },
    bases: {
      PYTHON_BUILD_IMAGE: { ref: "taskflow-base/debian:0123456789ab", id: `sha256:${hex("2")}` },
      PYTHON_RUNTIME_IMAGE: { ref: `example/python:x@sha256:${hex("3")}`, id: `sha256:${hex("4")}` },
    },
    source: { commit: "c0ffee", changed: true },
  });
  expect(statement).toMatchObject({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "todo-backend:v1.0.0-0123456789ab", digest: { sha256: hex("1") } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        externalParameters: { context: "backend", args: { VERSION: "v1.0.0" } },
        resolvedDependencies: [
          { name: "PYTHON_BUILD_IMAGE", digest: { sha256: hex("2") } },
          { name: "PYTHON_RUNTIME_IMAGE", digest: { sha256: hex("3") } },
          { name: "source", digest: { gitCommit: "c0ffee" }, annotations: { changed: true } },
        ],
      },
    },
  });
});
