import { expect, it } from "vitest";
import { errorFields, redact } from "@/lib/log";

const source = {
  DATABASE_URL: "postgresql://app:p%40ss-word@db.test/todo",
  BETTER_AUTH_SECRET: 'quote"and-backslash\\secret-0123456789',
};

it.each([
  ["the whole URL", source.DATABASE_URL],
  ["its password as it stands in the URL", "p%40ss-word"],
  ["its password as PostgreSQL knows it", "p@ss-word"],
  ["the secret", source.BETTER_AUTH_SECRET],
])("cuts out %s, in JSON as well", (_name, secret) => {
  const line = JSON.stringify({ detail: `failed with ${secret} twice ${secret}` });
  expect(redact(line, source)).toBe('{"detail":"failed with [secret] twice [secret]"}');
});

it("leaves a line alone that holds no secret", () => {
  expect(redact('{"detail":"connect ECONNREFUSED db.test"}', source)).toBe(
    '{"detail":"connect ECONNREFUSED db.test"}',
  );
});

it("tells an error with its cause and both codes", () => {
  const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  expect(errorFields(new TypeError("fetch failed", { cause }))).toEqual({
    error: "TypeError",
    detail: "fetch failed",
    code: undefined,
    cause: "connect ECONNREFUSED",
    causeCode: "ECONNREFUSED",
  });
});
