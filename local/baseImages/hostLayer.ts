/** A build base with this machine's network settings and authorities on top. */

import { rootCertificates } from "node:tls";
import type { Report } from "../run.ts";
import type { HostSettings } from "./hostSettings.ts";
import { ensureMade, fromFiles } from "./make.ts";

/** Where the bundle is in the image: Mozilla's authorities and this machine's. */
const bundle = "/usr/local/share/taskflow/ca-bundle.pem";

/** The layer's files by name; pure. `Dockerfile` is one of them. */
export function hostLayerFiles(base: string, settings: HostSettings): Record<string, string> {
  const { authorities } = settings;
  const env = { ...settings.env };
  const apt = [...settings.apt];
  if (authorities.length > 0) {
    for (const name of [
      "NODE_EXTRA_CA_CERTS",
      "SSL_CERT_FILE",
      "PIP_CERT",
      "REQUESTS_CA_BUNDLE",
      "CURL_CA_BUNDLE",
      "GIT_SSL_CAINFO",
    ]) {
      env[name] = bundle;
    }
    apt.push(`Acquire::https::CaInfo "${bundle}";`);
  }
  // Copied in one layer, laid out as in the image. Debian's update-ca-certificates takes one authority a file.
  const root: Record<string, string> = {};
  if (authorities.length > 0) root[bundle] = `${[...rootCertificates, ...authorities].join("\n")}\n`;
  authorities.forEach((pem, i) => {
    root[`/usr/local/share/ca-certificates/taskflow-host-${i + 1}.crt`] = `${pem}\n`;
  });
  if (apt.length > 0) root["/etc/apt/apt.conf.d/90taskflow-host"] = `${apt.join("\n")}\n`;
  const lines = Object.keys(env)
    .sort()
    .map((name) => `ENV ${name}=${JSON.stringify(env[name]).replaceAll("$", "\\$")}`);
  return {
    Dockerfile: [`FROM ${base}`, ...(Object.keys(root).length ? ["COPY root/ /"] : []), ...lines, ""].join(
      "\n",
    ),
    ...Object.fromEntries(Object.entries(root).map(([path, text]) => [`root${path}`, text])),
  };
}

/** `base` with this machine's settings, made once; `base` itself where they are all the default. */
export async function withHostSettings(
  name: string,
  base: string,
  settings: HostSettings,
  report: Report,
): Promise<string> {
  const files = hostLayerFiles(base, settings);
  if (Object.keys(files).length === 1 && files.Dockerfile === `FROM ${base}\n`) return base;
  return ensureMade(name, files, (tag) => fromFiles(tag, files, report));
}
