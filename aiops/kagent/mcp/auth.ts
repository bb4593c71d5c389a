/** Who calls over HTTP. */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { AuthenticationV1Api } from "@kubernetes/client-node";
import { bounded, statusOf } from "../checks/api.ts";
import { TaskFlowError } from "../codes/index.ts";
import type { Caller } from "./context.ts";
import { maxRefusals, RateLimit } from "./limits.ts";

/** Tells who sent a request with this Authorization header, from that address. */
export type Authenticate = (header: string | undefined, address: string) => Promise<Caller>;

/** 401: no token, or a wrong one; 403: not on the list; 429: too many wrong ones; 503: nobody could be asked. */
export class Refused extends Error {
  readonly status: 401 | 403 | 429 | 503;
  constructor(status: 401 | 403 | 429 | 503, why: string) {
    super(why);
    this.status = status;
  }
}

/** Only on loopback (see options.ts): whoever can connect there runs on this machine. */
export const anybody: Authenticate = async () => ({ name: "local" });

/** Shorter ones could be guessed. */
const shortest = 16;

/** One shared token. */
export function byToken(read: () => string): Authenticate {
  return async (header) => {
    const sent = bearer(header);
    // Hashes are of one length, so that the time of the comparison tells nothing.
    if (!timingSafeEqual(sha256(sent), sha256(read()))) throw new Refused(401, "the token is wrong");
    return { name: "token" };
  };
}

/**
 * Reads the token from a file, and again whenever that changes (a mounted Secret that was rotated).
 * @throws TaskFlowError TF1730 where there is none, or a short one.
 */
export function tokenFrom(file: string | undefined, value: string | undefined): () => string {
  if (!file) {
    const token = usable(value ?? "", "the environment variable");
    return () => token;
  }
  let token = "";
  let seen = -1;
  const read = () => {
    const { mtimeMs } = statSync(file);
    if (mtimeMs !== seen) {
      token = usable(readFileSync(file, "utf8"), file);
      seen = mtimeMs;
    }
    return token;
  };
  try {
    read();
  } catch (error) {
    if (error instanceof TaskFlowError) throw error;
    throw new TaskFlowError("TF1730", { what: `--token-file: ${(error as Error).message}`, cause: error });
  }
  return read;
}

function usable(text: string, where: string): string {
  const token = text.trim();
  if (token.length >= shortest) return token;
  throw new TaskFlowError("TF1730", {
    what: `the token in ${where} is shorter than ${shortest} characters`,
    fix: ["openssl rand -hex 32"],
  });
}

export interface ReviewOptions {
  audience: string;
  /** User names; `*` is any. */
  callers: readonly string[];
}

/** Milliseconds for which an answer of the API server is believed. A revoked token is good for that long. */
const believed = 60_000;

/** A service account's token, for this audience only, which the API server is asked about. */
export function byTokenReview(
  api: Pick<AuthenticationV1Api, "createTokenReview">,
  { audience, callers }: ReviewOptions,
): Authenticate {
  const known = new Map<string, { name: string; until: number }>();
  // Those who are known go on, whoever else sends wrong tokens from the same address (a proxy's, perhaps).
  const refusals = new RateLimit(maxRefusals);
  return async (header, address) => {
    const token = bearer(header);
    // The hash, so that no memory of this process holds the tokens of others.
    const key = sha256(token).toString("hex");
    let answer = known.get(key);
    if (!answer || answer.until < Date.now()) {
      known.delete(key);
      if (refusals.spent(address)) throw new Refused(429, "too many wrong tokens from this address");
      const name = await review(api, token, audience).catch((error: unknown) => {
        if (error instanceof Refused && error.status === 401) refusals.take(address);
        throw error;
      });
      answer = { name, until: Date.now() + believed };
      if (known.size >= 1000) known.delete(known.keys().next().value as string);
      known.set(key, answer);
    }
    if (!callers.includes("*") && !callers.includes(answer.name)) {
      throw new Refused(403, `${answer.name} is not among the callers`);
    }
    return { name: answer.name };
  };
}

async function review(
  api: Pick<AuthenticationV1Api, "createTokenReview">,
  token: string,
  audience: string,
): Promise<string> {
  const spec = { token, audiences: [audience] };
  const { status } = await api
    .createTokenReview(
      { body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec } },
      bounded(5_000),
    )
    .catch((error: unknown) => {
      const why = statusOf(error) === 403 ? "this server may not create TokenReviews" : "no answer";
      throw new Refused(503, `the API server cannot be asked about the token: ${why}`);
    });
  // An authenticator that knows no audiences leaves the list out; such a token may be meant for anybody.
  const meant = status?.audiences?.includes(audience);
  const name = status?.user?.username;
  if (!status?.authenticated || !meant || !name) {
    throw new Refused(401, `the API server does not accept the token for the audience ${audience}`);
  }
  return name;
}

function bearer(header: string | undefined): string {
  const token = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  if (!token) throw new Refused(401, "a bearer token is needed");
  return token;
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
