import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianArchive } from "../../../../local/baseImages/debianArchive.ts";
import { ensureBase } from "../../../../local/baseImages/index.ts";
import { runtimePackages } from "../../../../local/baseImages/pins.ts";
import { docker, dockerInfo, dockerOrFail } from "../../../../local/docker.ts";
import { repoRoot } from "../../../../local/paths.ts";

/** Bases can be made on a Debian machine with Docker only; elsewhere the official ones are the only ones. */
const canMake = await dockerInfo()
  .then(async () => "sources" in (await debianArchive()))
  .catch(() => false);

/** The flags under which the app's pods run, and no network. */
const restricted = ["run", "--rm", "--read-only", "--cap-drop=ALL", "--network=none"];

describe.runIf(canMake)("bases made from Debian packages", () => {
  let refs: Record<"cc" | "python" | "node-build", string>;
  beforeAll(async () => {
    process.env.TASKFLOW_BASE_IMAGES = "local";
    const report = () => {};
    refs = {
      cc: await ensureBase("cc", report),
      python: await ensureBase("python", report),
      "node-build": await ensureBase("node-build", report),
    };
  }, 600_000);
  afterAll(() => {
    delete process.env.TASKFLOW_BASE_IMAGES;
  });

  it("are found again, not made again", async () => {
    const lines: string[] = [];
    expect(await ensureBase("python", (line) => lines.push(line))).toBe(refs.python);
    expect(lines).toEqual([]);
  });

  it("python runs as 65532 with the modules that the backend needs, and time zones and authorities", async () => {
    const program = `
import bz2, ctypes, decimal, hashlib, json, lzma, os, pwd, sqlite3, ssl, sys, uuid, zlib, zoneinfo
print(json.dumps({
  "uid": os.getuid(), "gid": os.getgid(), "name": pwd.getpwuid(os.getuid()).pw_name,
  "python": list(sys.version_info[:2]), "compiled": os.path.exists(json.__cached__),
  "zone": str(zoneinfo.ZoneInfo("Europe/Berlin")),
  "authorities": ssl.create_default_context().cert_store_stats()["x509_ca"] > 100,
}))`;
    const { stdout } = await dockerOrFail([...restricted, refs.python, "/usr/bin/python3.13", "-c", program]);
    expect(JSON.parse(stdout)).toEqual({
      uid: 65532,
      gid: 65532,
      name: "nonroot",
      python: [3, 13],
      compiled: true,
      zone: "Europe/Berlin",
      authorities: true,
    });
  });

  it.each(["cc", "python"] as const)(
    "%s has no shell, and dpkg's database lists just its packages",
    async (name) => {
      const shell = await docker([...restricted, refs[name], "/bin/sh", "-c", "true"]);
      expect(shell.failed).toBe(true);
      expect(shell.all).toMatch(/no such file/);
      const container = (await dockerOrFail(["create", refs[name], "none"])).stdout.trim();
      try {
        const copied = await dockerOrFail(["cp", `${container}:/var/lib/dpkg/status`, "-"]);
        const packages = [...copied.stdout.matchAll(/Package: (.+)\nStatus: install ok installed\n/g)].map(
          (m) => m[1],
        );
        expect(packages.sort()).toEqual([...runtimePackages[name]].sort());
      } finally {
        await docker(["rm", container]);
      }
    },
  );

  it("cc starts the node that node-build holds", async () => {
    const mount = `${join(repoRoot, "node_modules/node/bin/node")}:/node:ro`;
    const program =
      "console.log(process.getuid(), new Date(0).toLocaleString('de', {timeZone: 'Europe/Berlin'}))";
    const { stdout } = await dockerOrFail([
      ...restricted,
      "--volume",
      mount,
      refs.cc,
      "/node",
      "-e",
      program,
    ]);
    expect(stdout.trim()).toBe("65532 1.1.1970, 01:00:00");
  });

  it("node-build has the repo's own Node and the pinned npm", async () => {
    const { version } = JSON.parse(await readFile(join(repoRoot, "node_modules/node/package.json"), "utf8"));
    const { stdout } = await dockerOrFail([
      ...restricted,
      refs["node-build"],
      "sh",
      "-c",
      "node -v; npm -v; npx -v",
    ]);
    expect(stdout.split("\n")).toEqual([`v${version}`, "11.21.2", "11.21.2"]);
  });
});
