/**
 * What a build on this machine needs in order to reach package registries: the settings that npm, pip, Go and
 * apt have here, and the certificate authorities that this machine trusts beyond Mozilla's. Where all of it
 * is the default, nothing is passed on.
 */
import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { run } from "../run.ts";

export interface HostSettings {
  /** Environment of RUN steps, e.g. `npm_config_registry`. May hold a mirror's credentials: build bases only. */
  env: Record<string, string>;
  /** Lines of apt.conf. */
  apt: string[];
  /** Authorities (PEM) that this machine trusts and Mozilla does not. */
  authorities: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};

const certificates = (pem: string): string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];

const mozillaFolder = "/usr/share/ca-certificates/mozilla";
const localFolder = "/usr/local/share/ca-certificates";

const inFolder = (folder: string): string[] => {
  try {
    return readdirSync(folder).flatMap((file) => certificates(read(join(folder, file))));
  } catch {
    return [];
  }
};

const fingerprint = (pem: string): string | undefined => {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    // One that this OpenSSL can't read would be of no use in the image either.
    return undefined;
  }
};

/**
 * Authorities named by the usual variables or added by this machine's administrator, without Mozilla's (as
 * Node has them and as the distribution's package has them).
 */
export function extraAuthorities(env: Environment, local = localFolder, mozilla = mozillaFolder): string[] {
  const named = [env.NODE_EXTRA_CA_CERTS, env.SSL_CERT_FILE, env.REQUESTS_CA_BUNDLE]
    .filter((file) => file !== undefined)
    .flatMap((file) => certificates(read(file)));
  const known = new Set([...rootCertificates, ...inFolder(mozilla)].map(fingerprint));
  const extra = new Map<string, string>();
  for (const pem of [...inFolder(local), ...named]) {
    const print = fingerprint(pem);
    if (print && !known.has(print)) extra.set(print, pem);
  }
  return [...extra.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pem]) => pem);
}

/** The value of `key = value` in an ini-like text; the last one wins. */
const setting = (text: string, key: string): string | undefined =>
  [...text.matchAll(new RegExp(`^\\s*${key}\\s*=\\s*(.+?)\\s*$`, "gm"))].at(-1)?.[1];

const isLoopback = (url: string): boolean => /^(\w+:\/\/)?([^@/]*@)?(localhost|127\.|\[::1\])/.test(url);

/** The environment that RUN steps need, from this process's and from the tools' own files under `home`. */
export function networkEnvironment(env: Environment, home: string): Record<string, string> {
  const npmrc = read(env.NPM_CONFIG_USERCONFIG ?? join(home, ".npmrc"));
  const pip = [
    "/etc/pip.conf",
    join(home, ".pip/pip.conf"),
    join(env.XDG_CONFIG_HOME ?? join(home, ".config"), "pip/pip.conf"),
    join(home, "Library/Application Support/pip/pip.conf"),
  ].map(read);
  const go = read(env.GOENV ?? join(env.XDG_CONFIG_HOME ?? join(home, ".config"), "go/env"));
  const index =
    env.PIP_INDEX_URL ?? pip.map((text) => setting(text, "index[-_]url")).findLast((value) => value);
  const wanted: Record<string, string | undefined> = {
    npm_config_registry: env.npm_config_registry ?? env.NPM_CONFIG_REGISTRY ?? setting(npmrc, "registry"),
    PIP_INDEX_URL: index,
    UV_DEFAULT_INDEX: env.UV_DEFAULT_INDEX ?? env.UV_INDEX_URL ?? index,
    GOPROXY: env.GOPROXY ?? setting(go, "GOPROXY"),
    GONOSUMDB: env.GONOSUMDB ?? setting(go, "GONOSUMDB"),
    GOSUMDB: env.GOSUMDB ?? setting(go, "GOSUMDB"),
  };
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) {
    wanted[name] = env[name] ?? env[name.toLowerCase()];
    wanted[name.toLowerCase()] = wanted[name];
  }
  // An address of this machine's loopback means another place inside a container.
  return Object.fromEntries(
    Object.entries(wanted).filter(
      (entry): entry is [string, string] =>
        Boolean(entry[1]) && (/^no_proxy$/i.test(entry[0]) || !isLoopback(entry[1] as string)),
    ),
  );
}

/** apt's proxies on a Debian machine, as lines of apt.conf. */
async function aptProxies(): Promise<string[]> {
  const dump = await run("apt-config", ["dump", "Acquire::http::Proxy", "Acquire::https::Proxy"]);
  return dump.stdout
    .split("\n")
    .filter((line) => /"\S+";$/.test(line) && !isLoopback(line.split('"')[1] ?? ""));
}

/** This machine's settings. */
export async function hostSettings(): Promise<HostSettings> {
  return {
    env: networkEnvironment(process.env, homedir()),
    apt: await aptProxies(),
    authorities: extraAuthorities(process.env),
  };
}
