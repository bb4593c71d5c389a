import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  sourcesFingerprint,
  sourcesFrom,
  untrustedSuite,
} from "../../../../local/baseImages/debianArchive.ts";
import { infoName, statusParagraph } from "../../../../local/baseImages/rootfs.ts";

describe("sourcesFrom", () => {
  it("takes this machine's mirrors for our suite, whatever its own suite is", () => {
    const lines = sourcesFrom([
      "https://node.test/dists/|nodistro",
      "http://mirror.test/debian/|bookworm",
      "http://mirror.test/debian/|bookworm-updates",
      "http://second.test/debian/|bookworm",
      "http://security.test/debian-security/|bookworm-security",
      "",
    ]);
    expect(lines?.map((line) => line.replace(/\[.*?\] /, ""))).toEqual([
      "deb http://mirror.test/debian/ trixie main",
      "deb http://mirror.test/debian/ trixie-updates main",
      "deb http://security.test/debian-security/ trixie-security main",
    ]);
    for (const line of lines ?? [])
      expect(line).toContain("signed-by=/usr/share/keyrings/debian-archive-keyring.gpg");
  });

  it("finds no Debian on Ubuntu", () => {
    expect(
      sourcesFrom(["http://ubuntu.test/ubuntu/|noble", "http://ubuntu.test/ubuntu/|noble-security"]),
    ).toBeUndefined();
  });
});

it("notices a change of apt's sources, and no other", () => {
  const etc = mkdtempSync(join(tmpdir(), "etc-apt-"));
  const empty = sourcesFingerprint(etc);
  writeFileSync(join(etc, "apt.conf"), "x");
  expect(sourcesFingerprint(etc)).toBe(empty);
  mkdirSync(join(etc, "sources.list.d"));
  writeFileSync(join(etc, "sources.list.d/debian.sources"), "URIs: http://mirror.test");
  const deb822 = sourcesFingerprint(etc);
  expect(deb822).not.toBe(empty);
  writeFileSync(join(etc, "sources.list"), "deb http://mirror.test trixie main");
  expect(sourcesFingerprint(etc)).not.toBe(deb822);
  rmSync(etc, { recursive: true });
});

it("tells an old keyring from other trouble", () => {
  expect(untrustedSuite("W: GPG error: InRelease: NO_PUBKEY 6ED0E7B82643E131")).toBe(true);
  expect(untrustedSuite("E: Failed to fetch: connection refused")).toBe(false);
});

describe("dpkg's database", () => {
  const control =
    "Package: libc6\nArchitecture: amd64\nMulti-Arch: same\nVersion: 2.41\nDescription: GNU C\n more\n";

  it("says that the package is installed", () => {
    expect(statusParagraph(control)).toBe(
      "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 2.41\nDescription: GNU C\n more\n",
    );
  });

  it("names a package's files with the architecture only where two may be installed side by side", () => {
    expect(infoName(control)).toBe("libc6:amd64");
    expect(infoName("Package: tzdata\nArchitecture: all\nMulti-Arch: foreign\n")).toBe("tzdata");
    expect(infoName("Package: netbase\nArchitecture: all\n")).toBe("netbase");
  });
});
