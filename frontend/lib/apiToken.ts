import { hkdfSync } from "node:crypto";
import { SignJWT } from "jose";

/** Seconds that a token is good for: one call. */
export const TOKEN_LIFETIME_S = 60;

/**
 * The key that signs API tokens: 32 bytes of HKDF-SHA256. The raw secret signs Better Auth's own tokens,
 * so with a key of their own neither kind is ever taken for the other. The backend derives the same bytes;
 * test/fixtures/api-token-key.json holds both to one example.
 */
export function deriveTokenKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "taskflow", "taskflow/api-token/v1", 32));
}

/** A token for one call to the backend in the name of `userId`. `now` is in milliseconds. */
export async function mintToken(secret: string, userId: string, now: number = Date.now()): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
    .setIssuer("taskflow-web")
    .setAudience("taskflow-api")
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + TOKEN_LIFETIME_S)
    .setJti(crypto.randomUUID())
    .sign(deriveTokenKey(secret));
}
