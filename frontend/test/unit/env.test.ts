import { describe, expect, it } from "vitest";
import { EnvError, parseEnv } from "@/lib/env";

const good = {
  DATABASE_URL: "postgresql://app:canary-password@db.test:5432/todo?sslmode=require&channel_binding=require",
  BETTER_AUTH_SECRET: "canary-secret-canary-secret-canary",
  BETTER_AUTH_URL: "https://todo.test/",
  NEXT_PUBLIC_APP_URL: "https://todo.test",
};

function problemsOf(changes: Record<string, string | undefined>): readonly string[] {
  try {
    parseEnv({ ...good, ...changes });
  } catch (error) {
    expect(error).toBeInstanceOf(EnvError);
    return (error as EnvError).problems;
  }
  return [];
}

describe("the environment", () => {
  it("is read with the contract's defaults", () => {
    expect(
      parseEnv({ ...good, NEXT_PUBLIC_APP_URL: undefined, BETTER_AUTH_URL: "http://localhost:3000" }),
    ).toEqual({
      apiUrl: "http://backend-service:8000/api",
      appUrl: "http://localhost:3000",
      authUrl: "http://localhost:3000",
      databaseUrl: good.DATABASE_URL,
      authSecret: good.BETTER_AUTH_SECRET,
    });
  });

  it("loses the slash at the end of a URL", () => {
    expect(parseEnv({ ...good, NEXT_PUBLIC_API_URL: "http://api.test/api/" })).toMatchObject({
      apiUrl: "http://api.test/api",
      authUrl: "https://todo.test",
    });
  });

  it("names every missing variable at once", () => {
    expect(problemsOf({ DATABASE_URL: undefined, BETTER_AUTH_SECRET: "", BETTER_AUTH_URL: "  " })).toEqual([
      "BETTER_AUTH_URL is not set.",
      "DATABASE_URL is not set.",
      "BETTER_AUTH_SECRET is not set.",
    ]);
  });

  it.each([
    [
      "a short secret",
      { BETTER_AUTH_SECRET: "canary" },
      "BETTER_AUTH_SECRET must have at least 32 characters.",
    ],
    [
      "an unresolved secret",
      { BETTER_AUTH_SECRET: "ref+vault://canary/with-more-than-thirty-two-characters" },
      "BETTER_AUTH_SECRET is still a ref+ reference; resolve it before it is put into the Secret.",
    ],
    [
      "an unresolved database",
      { DATABASE_URL: "ref+secret://canary/url" },
      "DATABASE_URL is still a ref+ reference; resolve it before it is put into the Secret.",
    ],
    [
      "another database",
      { DATABASE_URL: "mysql://app:canary@db.test/todo" },
      "DATABASE_URL must be a postgres:// or postgresql:// URL.",
    ],
    ["a word for a URL", { BETTER_AUTH_URL: "canary" }, "BETTER_AUTH_URL must be an http or https URL."],
    [
      "another protocol",
      { NEXT_PUBLIC_API_URL: "ftp://canary" },
      "NEXT_PUBLIC_API_URL must be an http or https URL.",
    ],
    [
      "http and https mixed",
      { NEXT_PUBLIC_APP_URL: "http://todo.test" },
      "BETTER_AUTH_URL and NEXT_PUBLIC_APP_URL must both be http or both be https.",
    ],
  ])("refuses %s in one sentence without the value", (_name, changes, sentence) => {
    const problems = problemsOf(changes);
    expect(problems).toEqual([sentence]);
    expect(problems.join()).not.toContain("canary");
  });
});
