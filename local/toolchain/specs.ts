/**
 * The tools: which versions will do, and where the pinned one comes from. To move to another version, change it here
 * and in go/<tool>/go.mod (`go get`), nowhere else.
 */

export const toolNames = [
  "helm",
  "helm3",
  "helm4",
  "kubectl",
  "kubeconform",
  "kube-score",
  "dive",
  "dockle",
  "syft",
  "trivy",
] as const;
export type ToolName = (typeof toolNames)[number];

export interface ToolSpec {
  /** The program's file name, on PATH and in the cache. */
  program: string;
  /** The version to fetch or build, without `v`. */
  version: string;
  /** Versions that will do: at least `min`, and below `below`. */
  min: string;
  below?: string;
  /** Versions between them that must not be used. */
  never?: readonly string[];
  versionArgs: readonly string[];
  /**
   * The official release; `{os}` is linux or darwin, `{arch}` amd64 or arm64, `{system}` both as in Linux-64bit or
   * macOS-ARM64, `{version}` the one above.
   */
  release: {
    url: string;
    /**
     * A file of sha256sum's format (or the bare sum) that upstream publishes beside the release. It is fetched over
     * HTTPS at install time: that guards against a broken or swapped download, not against a release host that was
     * taken over. Sums that nobody here could check are not pinned.
     */
    checksums: string;
    /** Path of the program inside the archive; absent: the download is the program. */
    member?: string;
  };
  /** The Go module below go/ that builds it, and the linker's settings by which the program knows its version. */
  go?: { module: string; package: string; set: Readonly<Record<string, string>> };
}

const helm3: ToolSpec = {
  program: "helm",
  version: "3.22.0",
  min: "3.14.0",
  below: "4.0.0",
  versionArgs: ["version", "--template", "{{.Version}}"],
  release: {
    url: "https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz",
    checksums: "https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz.sha256sum",
    member: "{os}-{arch}/helm",
  },
  go: {
    module: "helm3",
    package: "helm.sh/helm/v3/cmd/helm",
    set: {
      "helm.sh/helm/v3/internal/version.version": "v{version}",
      // The Kubernetes that `helm template` and `helm lint` assume; upstream's Makefile takes it from client-go too.
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": "1",
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": "37",
      "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor": "1",
      "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor": "37",
    },
  },
};

const helm4: ToolSpec = {
  ...helm3,
  version: "4.3.1",
  min: "4.0.0",
  below: "5.0.0",
  go: {
    module: "helm4",
    package: "helm.sh/helm/v4/cmd/helm",
    set: { "helm.sh/helm/v4/internal/version.version": "v{version}" },
  },
};

export const specs: Readonly<Record<ToolName, ToolSpec>> = {
  // Whichever of the two is on PATH; where none is, Helm 3, which the documents' commands were written with.
  helm: { ...helm3, below: "5.0.0" },
  helm3,
  helm4,
  kubectl: {
    program: "kubectl",
    version: "1.34.4",
    min: "1.28.0",
    versionArgs: ["version", "--client", "--output=json"],
    release: {
      url: "https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl",
      checksums: "https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl.sha256",
    },
    go: {
      module: "kubectl",
      package: ".",
      set: {
        "k8s.io/component-base/version.gitVersion": "v{version}",
        "k8s.io/component-base/version.gitMajor": "1",
        "k8s.io/component-base/version.gitMinor": "34",
      },
    },
  },
  kubeconform: {
    program: "kubeconform",
    version: "0.8.0",
    min: "0.6.0",
    versionArgs: ["-v"],
    release: {
      url: "https://github.com/yannh/kubeconform/releases/download/v{version}/kubeconform-{os}-{arch}.tar.gz",
      checksums: "https://github.com/yannh/kubeconform/releases/download/v{version}/CHECKSUMS",
      member: "kubeconform",
    },
    go: {
      module: "kubeconform",
      package: "github.com/yannh/kubeconform/cmd/kubeconform",
      set: { "main.version": "v{version}" },
    },
  },
  "kube-score": {
    program: "kube-score",
    version: "1.20.0",
    // Another minor version has other checks, which the chart test's recorded ignores don't answer.
    min: "1.20.0",
    below: "1.21.0",
    versionArgs: ["version"],
    release: {
      url: "https://github.com/zegl/kube-score/releases/download/v{version}/kube-score_{version}_{os}_{arch}.tar.gz",
      checksums: "https://github.com/zegl/kube-score/releases/download/v{version}/checksums.txt",
      member: "kube-score",
    },
    go: {
      module: "kube-score",
      package: "github.com/zegl/kube-score/cmd/kube-score",
      set: { "main.version": "{version}" },
    },
  },
  dive: {
    program: "dive",
    version: "0.13.1",
    min: "0.12.0",
    versionArgs: ["--version"],
    release: {
      url: "https://github.com/wagoodman/dive/releases/download/v{version}/dive_{version}_{os}_{arch}.tar.gz",
      checksums:
        "https://github.com/wagoodman/dive/releases/download/v{version}/dive_{version}_checksums.txt",
      member: "dive",
    },
    go: { module: "dive", package: "github.com/wagoodman/dive", set: { "main.version": "{version}" } },
  },
  dockle: {
    program: "dockle",
    version: "0.4.15",
    min: "0.4.14",
    versionArgs: ["--version"],
    release: {
      url: "https://github.com/goodwithtech/dockle/releases/download/v{version}/dockle_{version}_{system}.tar.gz",
      checksums:
        "https://github.com/goodwithtech/dockle/releases/download/v{version}/dockle_{version}_checksums.txt",
      member: "dockle",
    },
    go: {
      module: "dockle",
      package: "github.com/goodwithtech/dockle/cmd/dockle",
      set: { "github.com/goodwithtech/dockle/pkg.version": "{version}" },
    },
  },
  syft: {
    program: "syft",
    version: "1.57.0",
    min: "1.20.0",
    versionArgs: ["--version"],
    release: {
      url: "https://github.com/anchore/syft/releases/download/v{version}/syft_{version}_{os}_{arch}.tar.gz",
      checksums: "https://github.com/anchore/syft/releases/download/v{version}/syft_{version}_checksums.txt",
      member: "syft",
    },
    go: {
      module: "syft",
      package: "github.com/anchore/syft/cmd/syft",
      set: { "main.version": "{version}" },
    },
  },
  // Not built here: it takes ten minutes and more, and where no release host answers, the registry of its
  // database will not answer either.
  trivy: {
    program: "trivy",
    version: "0.72.0",
    min: "0.68.2",
    // Published by whoever had taken over the project's releases in March 2026 (GHSA-69fq-xp46-6x23).
    never: ["0.69.4", "0.69.5", "0.69.6"],
    versionArgs: ["--version"],
    release: {
      url: "https://github.com/aquasecurity/trivy/releases/download/v{version}/trivy_{version}_{system}.tar.gz",
      checksums:
        "https://github.com/aquasecurity/trivy/releases/download/v{version}/trivy_{version}_checksums.txt",
      member: "trivy",
    },
  },
};

/** The first `v1.2.3` in a text, without `v`. */
export function versionIn(text: string): string | undefined {
  return /\bv?(\d+\.\d+\.\d+)\b/.exec(text)?.[1];
}

/** Negative, zero or positive, as for sort. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number)) as [number[], number[]];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Will this version do? */
export function acceptable(spec: Pick<ToolSpec, "min" | "below" | "never">, version: string): boolean {
  if (spec.never?.includes(version)) return false;
  if (compareVersions(version, spec.min) < 0) return false;
  return spec.below === undefined || compareVersions(version, spec.below) < 0;
}

/** Puts version and platform into a template of `release` or `go`. */
export function fill(template: string, version: string): string {
  const values: Record<string, string> = {
    version,
    os: process.platform,
    arch: process.arch === "x64" ? "amd64" : process.arch,
    system: `${process.platform === "darwin" ? "macOS" : "Linux"}-${process.arch === "x64" ? "64bit" : "ARM64"}`,
  };
  return template.replace(/\{(version|os|arch|system)\}/g, (_, name: string) => values[name] as string);
}
