import { type AddressInfo, createServer } from "node:net";
import { expect, it, vi } from "vitest";
import { checkDatabase, createReadiness, type Readiness } from "@/lib/readiness";

const down: Readiness = { ready: false, reason: "The database refuses connections." };

it("stays not ready until the first check that succeeds, and ready from then on", async () => {
  const check = vi
    .fn<() => Promise<Readiness>>()
    .mockResolvedValueOnce(down)
    .mockResolvedValueOnce({ ready: true });
  const readiness = createReadiness(check);
  expect(await readiness()).toEqual(down);
  expect(await readiness()).toEqual({ ready: true });
  check.mockResolvedValue(down);
  expect(await readiness()).toEqual({ ready: true });
  expect(check).toHaveBeenCalledTimes(2);
});

it("runs one check for probes that come at the same time", async () => {
  const check = vi.fn(async () => down);
  const readiness = createReadiness(check);
  expect(await Promise.all([readiness(), readiness(), readiness()])).toEqual([down, down, down]);
  expect(check).toHaveBeenCalledTimes(1);
});

it("says that nothing listens, and no secret with it", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const state = await checkDatabase(`postgresql://app:canary@127.0.0.1:${port}/todo`);
  expect(state).toEqual(down);
});

it("says that a server speaks something else", async () => {
  const server = createServer((socket) => socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const state = await checkDatabase(`postgresql://app:canary@127.0.0.1:${port}/todo`);
  expect(state).toMatchObject({ ready: false, reason: expect.stringContaining("The database") });
  expect(JSON.stringify(state)).not.toContain("canary");
  await new Promise((resolve) => server.close(resolve));
});
