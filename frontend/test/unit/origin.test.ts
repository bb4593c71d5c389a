import { expect, it } from "vitest";
import { isOwnPage } from "@/lib/origin";

const own = { appUrl: "http://localhost:3000", authUrl: "http://todo.test:30300" };

it.each([
  ["a page of the app", { "sec-fetch-site": "same-origin", origin: "http://localhost:3000" }, true],
  [
    "the app through another port",
    { "sec-fetch-site": "same-origin", origin: "http://localhost:8080" },
    true,
  ],
  ["an old browser on the app's URL", { origin: "http://localhost:3000" }, true],
  ["an old browser on the auth URL", { origin: "http://todo.test:30300" }, true],
  ["another site", { "sec-fetch-site": "cross-site", origin: "http://evil.test" }, false],
  [
    "another site that forges the Origin",
    { "sec-fetch-site": "cross-site", origin: "http://localhost:3000" },
    false,
  ],
  [
    "another port of the same host",
    { "sec-fetch-site": "same-site", origin: "http://localhost:4000" },
    false,
  ],
  ["an old browser on another site", { origin: "http://evil.test" }, false],
  ["a host that begins alike", { origin: "http://localhost:3000.evil.test" }, false],
  ["a sandboxed frame", { origin: "null" }, false],
  ["no browser", {}, false],
])("%s: %o is %s", (_name, headers, expected) => {
  expect(isOwnPage(new Headers(headers), own)).toBe(expected);
});
