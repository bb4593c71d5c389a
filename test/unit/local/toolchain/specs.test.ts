import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repoRoot } from "../../../../local/paths.ts";
import { mend } from "../../../../local/toolchain/mend.ts";
import {
  acceptable,
  compareVersions,
  specs,
  toolNames,
  versionIn,
} from "../../../../local/toolchain/specs.ts";

describe("versions", () => {
  it.each([
    ["v3.22.0", "3.22.0"],
    ['{"clientVersion":{"major":"1","gitVersion":"v1.32.4-dispatcher"}}', "1.32.4"],
    ["version.BuildInfo v4.3.1+gabc", "4.3.1"],
    ["development", undefined],
  ])("of %j is %j", (text, version) => {
    expect(versionIn(text)).toBe(version);
  });

  it("compare by number", () => {
    expect(compareVersions("1.9.0", "1.28.0")).toBeLessThan(0);
    expect(compareVersions("4.0.0", "3.99.9")).toBeGreaterThan(0);
    expect(compareVersions("1.2.3", "1.2.3")).toBe(0);
  });

  it.each([
    ["helm", "3.13.3", false],
    ["helm", "3.14.0", true],
    ["helm", "4.3.1", true],
    ["helm", "5.0.0", false],
    ["helm3", "4.0.0", false],
    ["helm4", "3.22.0", false],
    ["kubectl", "1.27.9", false],
    ["kubectl", "1.28.0", true],
    ["kube-score", "1.20.1", true],
    ["kube-score", "1.21.0", false],
    ["trivy", "0.69.3", true],
    ["trivy", "0.69.4", false],
    ["trivy", "0.69.6", false],
    ["trivy", "0.70.0", true],
  ] as const)("%s %s will do: %s", (name, version, expected) => {
    expect(acceptable(specs[name], version)).toBe(expected);
  });
});

describe.each(toolNames)("%s", (name) => {
  const spec = specs[name];

  it("has a pinned version that will do itself", () => {
    expect(acceptable(spec, spec.version)).toBe(true);
  });

  it("is built from a module of that very version, or not at all", async () => {
    const wanted: Partial<Record<typeof name, string>> = {
      helm: `helm.sh/helm/v3 v${spec.version}`,
      helm3: `helm.sh/helm/v3 v${spec.version}`,
      helm4: `helm.sh/helm/v4 v${spec.version}`,
      // kubectl's module counts from 0 where the program counts from 1.
      kubectl: `k8s.io/kubectl v0${spec.version.slice(1)}`,
      kubeconform: `github.com/yannh/kubeconform v${spec.version}`,
      "kube-score": `github.com/zegl/kube-score v${spec.version}`,
      dive: `github.com/wagoodman/dive v${spec.version}`,
      dockle: `github.com/goodwithtech/dockle v${spec.version}`,
      syft: `github.com/anchore/syft v${spec.version}`,
    };
    const text = spec.go
      ? await readFile(join(repoRoot, "local/toolchain/go", spec.go.module, "go.mod"), "utf8")
      : undefined;
    if (text) expect(text).toContain(wanted[name]);
    expect(wanted[name] === undefined).toBe(text === undefined);
  });

  it("names a command that installs it", () => {
    expect(mend(spec, "darwin")).toMatch(/^brew install /);
    expect(mend(spec, "linux")).toContain(spec.version);
  });
});
