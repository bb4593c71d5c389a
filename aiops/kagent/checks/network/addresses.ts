/** Reads addresses out of configuration values, and says which of them are names inside the cluster. */
import { isIP } from "node:net";

export interface Address {
  /** Lower case, without a final dot. */
  host: string;
  /** The one given, or http's and https's own. */
  port?: number;
}

/** Schemes whose authority is a host; in others (`s3://`, `file://`, `ref+secret://`) it is something else. */
const schemes = new Set(
  "http https ws wss grpc grpcs tcp udp postgres postgresql mysql mariadb redis rediss mongodb amqp amqps nats smtp smtps ldap ldaps".split(
    " ",
  ),
);
const defaultPorts: Readonly<Record<string, number>> = { http: 80, ws: 80, https: 443, wss: 443 };

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const hostPort = /^([a-z0-9.-]+):(\d{1,5})$/i;
/** Names of variables that hold `host:port`; elsewhere such a text is as likely an image, `postgres:16`. */
const addressName = /(HOST|ADDR|ADDRESS|ENDPOINT|SERVER|SERVERS|BROKER|BROKERS|UPSTREAM|TARGET|URL|URI)$/i;
/** Names of variables that hold a bare host. Plain `HOST` is as a rule the address that a server listens on. */
const hostName = /(_|PG|DB)HOST$/i;

/** The address that a variable's value is as a whole; undefined where it is none, or one that is not known yet. */
export function addressIn(name: string, value: string): Address | undefined {
  const text = value.trim();
  // `$(NAME)` is filled in by the kubelet.
  if (text === "" || text.length > 2048 || /\s|\$\(/.test(text)) return undefined;
  const scheme = /^(?:jdbc:)?([a-z][a-z0-9]*)(?:\+[a-z0-9]+)?:\/\//i.exec(text);
  if (scheme?.[1]) return urlAddress(scheme[1].toLowerCase(), text.slice(scheme[0].length));
  const pair = hostPort.exec(text);
  if (pair?.[1] && addressName.test(name)) return address(pair[1], Number(pair[2]));
  return hostName.test(name) || /\.svc(\.|$)/.test(text) ? address(text) : undefined;
}

function urlAddress(scheme: string, rest: string): Address | undefined {
  // As http, whose authority the URL parser checks; others it takes as they are.
  const url = schemes.has(scheme) ? URL.parse(`http://${rest}`) : null;
  if (!url) return undefined;
  const given = /^[^/?#]*:(\d{1,5})(?:[/?#]|$)/.exec(rest)?.[1];
  return address(url.hostname, given === undefined ? defaultPorts[scheme] : Number(given));
}

function address(host: string, port?: number): Address | undefined {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (isIP(name) || name.startsWith("[") || !name.split(".").every((part) => label.test(part))) {
    return undefined;
  }
  return { host: name, ...(port === undefined ? {} : { port }) };
}

export interface ServiceName {
  service: string;
  namespace: string;
  /** Can the name be nothing else? A single word may also be known to the DNS outside the cluster. */
  certain: boolean;
}

/** The Service that a host is inside the cluster, seen from a namespace; undefined for a host outside. */
export function serviceName(host: string, namespace: string): ServiceName | undefined {
  const parts = host.toLowerCase().replace(/\.$/, "").split(".");
  if (host === "localhost" || isIP(host) || !parts.every((part) => label.test(part))) return undefined;
  const [first = "", second] = parts;
  const svc = parts.indexOf("svc", 2);
  // Before the Service there may stand one of its pods: `db-0.db.todo-app.svc`.
  if (svc > 0) return { service: parts[svc - 2] ?? "", namespace: parts[svc - 1] ?? "", certain: true };
  if (second === undefined) return { service: first, namespace, certain: false };
  if (parts.length === 2) return { service: first, namespace: second, certain: second === namespace };
  return undefined;
}
