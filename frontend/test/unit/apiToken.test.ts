import { readFileSync } from "node:fs";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { expect, it } from "vitest";
import { deriveTokenKey, mintToken } from "@/lib/apiToken";
import { SECRET } from "../fixtures/env";

it("derives the key of the example that the backend's tests hold to as well", () => {
  const vector = JSON.parse(readFileSync(`${import.meta.dirname}/../fixtures/api-token-key.json`, "utf8"));
  expect(Buffer.from(deriveTokenKey(vector.secret)).toString("hex")).toBe(vector.keyHex);
});

it("carries exactly the claims of the contract, for one minute", async () => {
  const now = Date.UTC(2026, 10, 23, 12);
  const token = await mintToken(SECRET, "user-1", now);
  const { payload } = await jwtVerify(token, deriveTokenKey(SECRET), { currentDate: new Date(now) });
  const iat = now / 1000;
  expect(payload).toEqual({
    iss: "taskflow-web",
    aud: "taskflow-api",
    sub: "user-1",
    iat,
    exp: iat + 60,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "at+jwt" });
});

it("is not signed with the raw secret", async () => {
  const token = await mintToken(SECRET, "user-1");
  await expect(jwtVerify(token, new TextEncoder().encode(SECRET))).rejects.toThrow("signature");
});

it("never makes the same token twice", async () => {
  const now = Date.now();
  expect(await mintToken(SECRET, "user-1", now)).not.toBe(await mintToken(SECRET, "user-1", now));
});
