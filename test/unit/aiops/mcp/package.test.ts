/** What the image is made of: the package's own lockfile, and the bundle. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle } from "../../../../aiops/kagent/scripts/bundle.ts";
import { contextFiles } from "../../../../components/sourceHash.ts";
import { repoRoot } from "../../../../local/paths.ts";
import { type ApiServer, apiServer, core, list } from "../../../support/apiServer.ts";
import { call, client } from "./support.ts";

const kagent = join(repoRoot, "aiops", "kagent");
const json = async (...path: string[]) => JSON.parse(await readFile(join(repoRoot, ...path), "utf8"));

describe("the package", () => {
  test("depends on nothing but what the repo's own package has, in the same ranges and versions", async () => {
    const [own, root] = await Promise.all([json("aiops", "kagent", "package.json"), json("package.json")]);
    expect(root.dependencies).toMatchObject(own.dependencies);
    expect(root.devDependencies).toMatchObject(own.devDependencies);
    const [ownLock, rootLock] = await Promise.all([
      json("aiops", "kagent", "package-lock.json"),
      json("package-lock.json"),
    ]);
    for (const name of Object.keys({ ...own.dependencies, ...own.devDependencies })) {
      const path = `node_modules/${name}`;
      expect(ownLock.packages[path].version, name).toBe(rootLock.packages[path].version);
    }
    expect(ownLock.packages[""].dependencies).toEqual(own.dependencies);
    expect(JSON.stringify(ownLock)).not.toContain('"resolved"');
  });

  test("strips node as the frontend does, so that both images share the layer", async () => {
    const [one, other] = await Promise.all(
      [kagent, join(repoRoot, "frontend")].map((folder) =>
        readFile(join(folder, "scripts", "hasSymbols.ts"), "utf8"),
      ),
    );
    expect(one).toBe(other);
    const stages = await Promise.all(
      [kagent, join(repoRoot, "frontend")].map(async (folder) => {
        const text = await readFile(join(folder, "Dockerfile"), "utf8");
        return text.slice(text.indexOf("FROM"), text.indexOf(" AS build"));
      }),
    );
    expect(stages[0]).toBe(stages[1]);
  });
});

describe("the bundle", () => {
  let out: string;
  let api: ApiServer;
  let inputs: string[];

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "taskflow-bundle-"));
    api = await apiServer();
    inputs = await bundle(out);
  }, 60_000);

  afterAll(async () => {
    await api.close();
    await rm(out, { recursive: true, force: true });
  });

  test("is made of files that the image's build has", () => {
    const context = new Set(contextFiles(kagent).map(({ path }) => path));
    const own = inputs.filter((path) => !path.includes("node_modules/"));
    expect(own).toContain("mcp/http.ts");
    for (const path of [...own, "scripts/bundle.ts", "package-lock.json", ".npmrc"]) {
      expect(context, path).toContain(path);
    }
    expect([...context].filter((path) => path.includes("node_modules"))).toEqual([]);
  });

  test("runs without any package beside it, and says which are in it", async () => {
    api.answers[`${core}/pods`] = list();
    const one = client();
    const args = [join(out, "server.js"), "--kubeconfig", api.access.kubeconfig, "--context", "test"];
    await one.connect(
      new StdioClientTransport({ command: process.execPath, args, cwd: out, stderr: "ignore" }),
    );
    expect((await call(one, "diagnose")).data).toMatchObject({ findings: [] });
    await one.close();
    for (const name of ["@kubernetes/client-node", "@modelcontextprotocol/server", "zod", "undici"]) {
      expect(existsSync(join(out, "node_modules", name, "package.json")), name).toBe(true);
      expect(existsSync(join(out, "node_modules", name, "dist"))).toBe(false);
    }
  }, 30_000);
});
