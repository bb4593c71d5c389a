import { z } from "zod";

/** What the process is told by its environment, checked. URLs carry no trailing slash. */
export interface Env {
  /** Base of the backend's API as this server reaches it, e.g. `http://backend-service:8000/api`. */
  apiUrl: string;
  /** Where people open the app, e.g. `http://localhost:3000`. */
  appUrl: string;
  /** Where Better Auth's endpoints are reached; https here makes its cookies `Secure`. */
  authUrl: string;
  /** `postgres://` or `postgresql://` */
  databaseUrl: string;
  /** At least 32 characters; the same as the backend's. */
  authSecret: string;
}

/** The environment is wrong: `problems` holds one sentence a problem, none of which quotes a secret. */
export class EnvError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The environment is not usable: ${problems.join(" ")}`);
    this.name = "EnvError";
    this.problems = problems;
  }
}

const webUrl = (name: string) =>
  z
    .string(`${name} is not set.`)
    .refine(isWebUrl, `${name} must be an http or https URL.`)
    .transform((value) => value.replace(/\/+$/, ""));

// helm-secrets and vals resolve `ref+…` before the chart is applied. One that is still here was never resolved.
const resolved = (name: string) =>
  z
    .string(`${name} is not set.`)
    .refine(
      (value) => !value.startsWith("ref+"),
      `${name} is still a ref+ reference; resolve it before it is put into the Secret.`,
    );

const schema = z
  .object({
    NEXT_PUBLIC_API_URL: webUrl("NEXT_PUBLIC_API_URL").default("http://backend-service:8000/api"),
    NEXT_PUBLIC_APP_URL: webUrl("NEXT_PUBLIC_APP_URL").default("http://localhost:3000"),
    BETTER_AUTH_URL: webUrl("BETTER_AUTH_URL"),
    DATABASE_URL: resolved("DATABASE_URL").refine(
      (value) => value.startsWith("ref+") || hasProtocol(value, ["postgres:", "postgresql:"]),
      "DATABASE_URL must be a postgres:// or postgresql:// URL.",
    ),
    BETTER_AUTH_SECRET: resolved("BETTER_AUTH_SECRET").refine(
      (value) => value.startsWith("ref+") || value.length >= 32,
      "BETTER_AUTH_SECRET must have at least 32 characters.",
    ),
  })
  .refine(
    ({ BETTER_AUTH_URL: auth, NEXT_PUBLIC_APP_URL: app }) =>
      !isWebUrl(auth) || !isWebUrl(app) || new URL(auth).protocol === new URL(app).protocol,
    // Secure cookies on a page served over http are dropped by the browser, and nobody could sign in.
    "BETTER_AUTH_URL and NEXT_PUBLIC_APP_URL must both be http or both be https.",
  );

/**
 * Reads the five variables of the contract. Empty counts as not set.
 * @throws EnvError with every problem at once
 */
export function parseEnv(source: Readonly<Record<string, string | undefined>>): Env {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value?.trim()));
  const result = schema.safeParse(set);
  if (!result.success) throw new EnvError(result.error.issues.map((issue) => issue.message));
  const { data } = result;
  return {
    apiUrl: data.NEXT_PUBLIC_API_URL,
    appUrl: data.NEXT_PUBLIC_APP_URL,
    authUrl: data.BETTER_AUTH_URL,
    databaseUrl: data.DATABASE_URL,
    authSecret: data.BETTER_AUTH_SECRET,
  };
}

let current: Env | undefined;

/** This process's environment, read when it is first asked for: at run time, never during the build. */
export function env(): Env {
  // `process.env` as a whole: a literal `process.env.NEXT_PUBLIC_…` would be replaced at build time.
  current ??= parseEnv(process.env);
  return current;
}

function hasProtocol(value: string, protocols: readonly string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol);
}

function isWebUrl(value: string): boolean {
  return hasProtocol(value, ["http:", "https:"]);
}
