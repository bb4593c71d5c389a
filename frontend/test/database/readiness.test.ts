import { expect, it } from "vitest";
import { checkDatabase } from "@/lib/readiness";
import { testDatabaseUrl, withSetting } from "../fixtures/database";

it("is ready where the migrations have run", async () => {
  expect(await checkDatabase(testDatabaseUrl())).toEqual({ ready: true });
});

it("names the tables that are missing where they have not", async () => {
  expect(await checkDatabase(withSetting(testDatabaseUrl(), "search_path=nowhere"))).toEqual({
    ready: false,
    reason: "The database has no table user, session, account, verification; the migrations have not run.",
  });
});

it("says that the database does not exist, without its address", async () => {
  const url = new URL(testDatabaseUrl());
  url.pathname = "/canary-database";
  const state = await checkDatabase(url.href);
  expect(state).toEqual({ ready: false, reason: "The database does not exist on its server." });
});
