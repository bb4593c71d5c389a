import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import {
  firstFree,
  isFree,
  portTaken,
  processInLsof,
  processInSs,
} from "../../../../local/clusters/embedded/ports.ts";

let server: Server | undefined;
const listen = async (host: string): Promise<number> => {
  const made = createServer();
  server = made;
  await new Promise<void>((resolve) => made.listen(0, host, resolve));
  return (made.address() as AddressInfo).port;
};
const close = () => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));

afterEach(async () => {
  await close();
  server = undefined;
});

describe("a port", () => {
  test.each(["127.0.0.1", "0.0.0.0"])("is not free while somebody listens on %s", async (host) => {
    const port = await listen(host);
    expect(await isFree(port)).toBe(false);
    expect(await firstFree(port)).toBeGreaterThan(port);
    await close();
    expect(await isFree(port)).toBe(true);
  });
});

test("the error names who has the port, and the command that moves ours to a free one", async () => {
  const port = await listen("127.0.0.1");
  const error = await portTaken(port);
  expect(error.code).toBe("TF1107");
  expect(error.what).toContain(`127.0.0.1:${port}`);
  expect(error.what).toContain(`(process ${process.pid})`);
  const chosen = /hostPort (\d+)/.exec(error.fix.join("\n"))?.[1];
  expect(await isFree(Number(chosen))).toBe(true);
});

test("the process in ss's words", () => {
  const line = 'LISTEN 0 511 127.0.0.1:3000 0.0.0.0:* users:(("node",pid=4711,fd=21))';
  expect(processInSs(line)).toBe("node (process 4711)");
  expect(processInSs("LISTEN 0 511 127.0.0.1:3000 0.0.0.0:*")).toBeUndefined();
});

test("the process in lsof's words", () => {
  expect(processInLsof("p4711\ncnode\nf21\n")).toBe("node (process 4711)");
  expect(processInLsof("")).toBeUndefined();
});
