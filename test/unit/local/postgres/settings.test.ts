import { expect, it } from "vitest";
import { accessRules, connectionUrl, serverConfig } from "../../../../local/postgres/settings.ts";

const settings = { port: 54321, listen: ["172.18.0.1"], allowCidrs: ["172.18.0.0/16"], throwAway: false };

it("listens on the loopback and the given addresses only", () => {
  expect(serverConfig(settings)).toContain("listen_addresses = '127.0.0.1,172.18.0.1'\nport = 54321\n");
});

it("keeps its safety against power loss unless thrown away", () => {
  expect(serverConfig(settings)).not.toContain("fsync");
  expect(serverConfig({ ...settings, throwAway: true })).toContain("fsync = off");
});

it("lets only the app's role into the app's database from elsewhere, and nobody without a password", () => {
  const rules = accessRules(settings)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(rules).toEqual([
    "host all all 127.0.0.1/32 scram-sha-256",
    "host all all ::1/128 scram-sha-256",
    "host taskflow taskflow 172.18.0.0/16 scram-sha-256",
  ]);
});

it("brackets an IPv6 host", () => {
  expect(connectionUrl("u", "p", "::1", 5, "d")).toBe("postgresql://u:p@[::1]:5/d");
});
