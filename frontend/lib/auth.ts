import { type BetterAuthOptions, betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { prisma } from "./database";
import { type Env, env } from "./env";
import { log } from "./log";
import { configuredOrigins, isOwnPage } from "./origin";
import { PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from "./passwordRules";

/** Better Auth as TaskFlow uses it: email and password, sessions in the database, HttpOnly cookies. */
export function authOptions(env: Env, database: BetterAuthOptions["database"]) {
  return {
    appName: "TaskFlow",
    baseURL: env.authUrl,
    secret: env.authSecret,
    database,
    emailAndPassword: {
      enabled: true,
      minPasswordLength: PASSWORD_MIN_LENGTH,
      maxPasswordLength: PASSWORD_MAX_LENGTH,
    },
    trustedOrigins: (request?: Request) => {
      const origin = request?.headers.get("origin");
      return origin && request && isOwnPage(request.headers, env) ? [origin] : configuredOrigins(env);
    },
    // The library's own average of 18 attempts a minute, without locking out a person who mistypes thrice.
    rateLimit: {
      customRules: { "/sign-in/*": { window: 60, max: 20 }, "/sign-up/*": { window: 60, max: 20 } },
    },
    advanced: {
      useSecureCookies: env.authUrl.startsWith("https:"),
      cookiePrefix: "taskflow",
      // Said aloud because the library leaves both checks out where it thinks it is under test.
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
    telemetry: { enabled: false },
    // A refusal is answered by the library; anything else reaches the route, which knows what to say.
    onAPIError: { throw: true },
    logger: {
      level: "warn",
      // Its further arguments can hold what a user sent; the message says enough.
      log: (level, message) => log(level === "debug" ? "info" : level, "Better Auth", { detail: message }),
    },
  } satisfies BetterAuthOptions;
}

function createAuth() {
  return betterAuth(
    authOptions(env(), prismaAdapter(prisma(), { provider: "postgresql", transaction: true })),
  );
}

let current: ReturnType<typeof createAuth> | undefined;

/** The process's Better Auth, made at the first request so that a build needs no environment. */
export function auth(): ReturnType<typeof createAuth> {
  current ??= createAuth();
  return current;
}

export type Session = ReturnType<typeof createAuth>["$Infer"]["Session"];
