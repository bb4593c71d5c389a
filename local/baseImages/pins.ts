/**
 * Every decision about base images, in one place. The Dockerfiles' ARG defaults repeat `official`; a test
 * holds them to it.
 */

/**
 * debian: Debian trixie with apt; node-build: Node 24 and npm on it; python-build: where the backend's
 * packages are installed; cc: runtime with libc and libstdc++ (node is copied in); python: runtime with
 * Python 3.13. `cc` and `python` have no shell and run as 65532.
 */
export const baseNames = ["debian", "node-build", "python-build", "cc", "python"] as const;
export type BaseName = (typeof baseNames)[number];

/** Bases in which RUN steps reach the network: they get this machine's proxy, mirror and CA settings. */
export const buildBases: readonly BaseName[] = ["debian", "node-build", "python-build"];

const debian =
  // Seen in October 2026 in more than ten public Dockerfiles as the index of debian:trixie-slim.
  "docker.io/library/debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f";

/** Official images, pinned by the digest of their multi-platform index. */
export const official: Readonly<Record<BaseName, string>> = {
  debian,
  "python-build": debian,
  // Seen in more than ten public Dockerfiles in September and October 2026, there also as 24.21.0-trixie-slim,
  // "multi-arch index".
  "node-build":
    "docker.io/library/node:24-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe",
  // Seen in about ten public Dockerfiles in September and October 2026, one of which checked Google's signature.
  cc: "gcr.io/distroless/cc-debian13:nonroot@sha256:e792ab3d241a468a4fd7519ddbbebe66b49b5f365771716ea688ad40b6c6f1c2",
  // Seen in seven public files, one of which compared it with the registry's :nonroot on 2026-10-10.
  python:
    "gcr.io/distroless/python3-debian13:nonroot@sha256:83aa8d4f74a4d7f7cf2d472054139bef71a927b76c680c0f2e1021d6b1d6d732",
};

/** Bump when the way local bases are made changes, so that machines make them again. */
export const recipeVersion = 1;

export const suite = "trixie";

/** With the essential packages and apt, and all their dependencies, the local `debian`. */
export const debianPackages = ["ca-certificates"];

const everyRuntime = ["base-files", "libc6", "libgcc-s1", "ca-certificates", "tzdata", "netbase"];

/**
 * Exactly these packages make up a local runtime, without their dependencies: what scripts need (debconf,
 * openssl, mawk) would bring a shell's worth of programs. Python's readline, curses and dbm modules lack
 * their libraries on purpose.
 */
export const runtimePackages: Readonly<Record<"cc" | "python", readonly string[]>> = {
  cc: [...everyRuntime, "libstdc++6"],
  python: [
    ...everyRuntime,
    "libstdc++6",
    "python3.13-minimal",
    "libpython3.13-minimal",
    "libpython3.13-stdlib",
    "zlib1g",
    "libssl3t64",
    "libexpat1",
    "libffi8",
    "liblzma5",
    "libbz2-1.0",
    "libuuid1",
    "libzstd1",
    "libsqlite3-0",
    "media-types",
  ],
};

/** npm for the local `node-build`; Node itself is the one that runs this repo (npm package `node`). */
export const npm = {
  version: "11.21.2",
  integrity:
    "sha512-7HPApk+AflMUavSseL1Pm6CnYqMIHk53x+KmuhqmTDqPkjPMgxIpTPcTqsE91EKNw4gFBJV9fnXiSdGm1DXq9A==",
};
