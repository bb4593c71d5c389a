/** The Debian archive as this machine is set up to reach it. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.ts";
import { suite } from "./pins.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

export interface DebianArchive {
  /** Lines of a sources.list for our suite, its updates and its security updates. */
  sources: string[];
}

const debianSuites =
  /^(bullseye|bookworm|trixie|forky|sid|oldoldstable|oldstable|stable|testing|unstable)(-security)?$/;

/**
 * Sources of our suite on the mirrors that `targets` names: lines `URI|suite` of apt's configured Packages
 * files. Undefined where there is no Debian main archive among them.
 */
export function sourcesFrom(targets: readonly string[]): string[] | undefined {
  let main: string | undefined;
  let security: string | undefined;
  for (const target of targets) {
    const [uri, release] = target.split("|") as [string, string | undefined];
    const match = debianSuites.exec(release ?? "");
    if (match?.[2]) security ??= uri;
    else if (match) main ??= uri;
  }
  if (!main) return undefined;
  const line = (uri: string, name: string): string => `deb [signed-by=${keyring}] ${uri} ${name} main`;
  return [
    line(main, suite),
    line(main, `${suite}-updates`),
    ...(security ? [line(security, `${suite}-security`)] : []),
  ];
}

/** What is missing here, and a command that brings it where there is one. */
export interface NoArchive {
  reason: string;
  fix?: string;
}

/** Asks apt for this machine's mirrors (about half a second), or tells why bases can't be made from packages here. */
export async function debianArchive(): Promise<DebianArchive | NoArchive> {
  if (process.platform !== "linux") return { reason: "only Debian can make base images from its packages" };
  const format = "$(REPO_URI)|$(RELEASE)";
  const targets = await run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  const sources = targets.failed ? undefined : sourcesFrom(targets.stdout.split("\n"));
  if (!sources) return { reason: "apt on this machine has no Debian archive among its sources" };
  const root = process.getuid?.() === 0 ? "" : "sudo ";
  if (!existsSync(keyring)) {
    return {
      reason: "the Debian archive's keys are not installed",
      fix: `${root}apt-get install debian-archive-keyring`,
    };
  }
  return { sources };
}

/** Changes when apt's sources on this machine do: their text, which takes no apt to read. */
export function sourcesFingerprint(etc = "/etc/apt"): string {
  const hash = createHash("sha256");
  const folder = join(etc, "sources.list.d");
  const files = existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((file) => join(folder, file))
    : [];
  for (const file of [join(etc, "sources.list"), ...files]) {
    if (existsSync(file)) hash.update(`${file}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** Is this what went wrong: a keyring older than the suite? */
export const untrustedSuite = (output: string): boolean =>
  /NO_PUBKEY|couldn't be verified|is not signed|Missing key/.test(output);

/** apt's proxies here as environment, for tools that run apt with a configuration of their own. */
export async function fetchEnvironment(): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const scheme of ["http", "https"]) {
    const { stdout } = await run("apt-config", ["dump", `Acquire::${scheme}::Proxy`]);
    const proxy = /"(\S+)";$/m.exec(stdout)?.[1];
    if (proxy) env[`${scheme}_proxy`] = proxy;
  }
  return env;
}
