import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../../../local/run.ts";
import { DownloadError, fetchRelease, reachable, sumFor } from "../../../../local/toolchain/download.ts";

const hex = (data: Buffer | string) => createHash("sha256").update(data).digest("hex");

describe("a published sum", () => {
  const sum = hex("x");
  it.each([
    [`${sum}\n`],
    [`${sum}  tool.tar.gz\n`],
    [`${hex("y")}  other\n${sum} *dist/tool.tar.gz\n`],
    [`${sum.toUpperCase()}  tool.tar.gz`],
  ])("is found in %j", (text) => {
    expect(sumFor(text, "tool.tar.gz")).toBe(sum);
  });

  it.each([`${hex("y")}  other\n`, "", "<html>404</html>"])("is not in %j", (text) => {
    expect(sumFor(text, "tool.tar.gz")).toBeUndefined();
  });
});

describe("a release", () => {
  let dir: string;
  let server: Server;
  let base: string;
  const files = new Map<string, Buffer | string>();

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "taskflow-download-"));
    files.clear();
    server = createServer((request, response) => {
      const body = files.get(request.url ?? "");
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.close();
    await rm(dir, { recursive: true });
  });

  const target = () => join(dir, "cache/tool/tool");
  /** What is in the target's directory, so that a test sees that nothing half-made stays. */
  const left = () => readdir(join(dir, "cache/tool"));

  it("that is a program itself becomes executable", async () => {
    files.set("/tool", "#!/bin/sh\necho hello\n").set("/tool.sha256", hex("#!/bin/sh\necho hello\n"));
    await fetchRelease({ url: `${base}/tool`, checksums: `${base}/tool.sha256` }, target());
    expect((await run(target(), [])).stdout).toBe("hello");
    expect(await left()).toEqual(["tool"]);
  });

  it("that is an archive gives up its member", async () => {
    await mkdir(join(dir, "src/linux-amd64"), { recursive: true });
    await writeFile(join(dir, "src/linux-amd64/tool"), "inside");
    await run("tar", ["-czf", join(dir, "tool.tar.gz"), "-C", join(dir, "src"), "linux-amd64"]);
    const archive = await readFile(join(dir, "tool.tar.gz"));
    files.set("/tool.tar.gz", archive).set("/sums", `${hex(archive)}  tool.tar.gz\n`);
    const release = { url: `${base}/tool.tar.gz`, checksums: `${base}/sums`, member: "linux-amd64/tool" };
    await fetchRelease(release, target());
    expect(await readFile(target(), "utf8")).toBe("inside");
    expect(await left()).toEqual(["tool"]);
  });

  it("with another sum than published is not taken", async () => {
    files.set("/tool", "tampered").set("/tool.sha256", hex("original"));
    const attempt = fetchRelease({ url: `${base}/tool`, checksums: `${base}/tool.sha256` }, target());
    await expect(attempt).rejects.toThrow(hex("tampered"));
    expect(await left()).toEqual([]);
  });

  it("without a published sum is not even downloaded", async () => {
    files.set("/tool", "unchecked").set("/sums", `${hex("unchecked")}  another\n`);
    const reported: string[] = [];
    const attempt = fetchRelease(
      { url: `${base}/tool`, checksums: `${base}/sums` },
      target(),
      (line) => void reported.push(line),
    );
    await expect(attempt).rejects.toThrow(DownloadError);
    expect(reported).toEqual([]);
  });

  it("that is not there says so, and its host is still asked for others", async () => {
    const attempt = fetchRelease({ url: `${base}/tool`, checksums: `${base}/none` }, target());
    await expect(attempt).rejects.toThrow("answered 404");
    expect(await reachable(base)).toBe(true);
  });

  it("of a host that does not answer fails at once the second time", async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await reachable(base)).toBe(false);
    // Were the host asked again, it would answer now.
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    await expect(fetchRelease({ url: `${base}/tool`, checksums: base }, target())).rejects.toThrow(
      "ECONNREFUSED",
    );
  });
});
