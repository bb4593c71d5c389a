/** The Debian archive as this machine is set up to reach it. */
import { existsSync } from "node:fs";
import { run } from "../run.ts";
import { suite } from "./pins.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

export interface DebianArchive {
  /** Lines of a sources.list for our suite, its updates and its security updates. */
  sources: string[];
}

/** Why bases can't be made from Debian packages here, and what would change that. */
export interface NoArchive {
  reason: string;
  /** A command; undefined where none on this machine would help. */
  fix?: string;
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

/** What is needed to make bases from Debian packages, or why it is not there. */
export async function debianArchive(): Promise<DebianArchive | NoArchive> {
  if (process.platform !== "linux") return { reason: "only Debian can make base images from its packages" };
  const targets = await run("apt-get", [
    "indextargets",
    "--format",
    "$(REPO_URI)|$(RELEASE)",
    "Created-By: Packages",
  ]);
  const sources = targets.failed ? undefined : sourcesFrom(targets.stdout.split("\n"));
  if (!sources) return { reason: "apt on this machine has no Debian archive among its sources" };
  const root = process.getuid?.() === 0 ? "" : "sudo ";
  if (!existsSync(keyring)) {
    return {
      reason: "the Debian archive's keys are not installed",
      fix: `${root}apt-get install debian-archive-keyring`,
    };
  }
  if ((await run("mmdebstrap", ["--version"])).failed) {
    return { reason: "mmdebstrap is not installed", fix: `${root}apt-get install mmdebstrap` };
  }
  return { sources };
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
