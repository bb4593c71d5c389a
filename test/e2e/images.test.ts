/**
 * The three images themselves, whatever runs them: what is in them, that they run with nothing but a read-only file
 * system, that the same sources make the same bytes, and what the linters of images say.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TaskFlowError } from "../../aiops/kagent/codes/index.ts";
import { buildRequest, ensureImage } from "../../components/builtImage.ts";
import { imageNames, imageSpecs } from "../../components/imageBuild.ts";
import { ensureBases } from "../../local/baseImages/index.ts";
import { withArchive } from "../../local/clusters/archive.ts";
import { buildImage, docker, dockerOrFail } from "../../local/docker.ts";
import { imageSbom } from "../../local/images/sbom.ts";
import { repoRoot } from "../../local/paths.ts";
import { type Report, run } from "../../local/run.ts";
import { type Tool, type ToolName, tool } from "../../local/toolchain/index.ts";
import { taskflow } from "../support/cli.ts";
import {
  differences,
  notRoots,
  packageManagers,
  setuid,
  unwantedPrograms,
  worldWritable,
} from "../support/imageFaults.ts";
import { type ImageContents, readImage } from "../support/imageFiles.ts";

const report: Report = (line) => console.log(line);

/** The tool, or why it can't be had here. */
async function optional(name: ToolName): Promise<Tool | string> {
  try {
    return await tool(name, report);
  } catch (error) {
    if (error instanceof TaskFlowError) return error.what;
    throw error;
  }
}

const linters = {
  dockle: await optional("dockle"),
  dive: await optional("dive"),
  syft: await optional("syft"),
};
const withTool = (name: keyof typeof linters, title: string, use: (path: string) => Promise<void>) => {
  const found = linters[name];
  if (typeof found === "string") test.skip(`${title}: skipped: ${found}`, () => {});
  else test(title, () => use(found.path));
};

/** What is mounted into containers. */
const mounted = await mkdtemp(join(tmpdir(), "taskflow-images-"));
afterAll(() => rm(mounted, { recursive: true, force: true }));

/** Of a cluster at port 1, where nobody listens. */
const kubeconfig = join(mounted, "kubeconfig");
await writeFile(
  kubeconfig,
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "none", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "none", user: { token: "none" } }],
    contexts: [{ name: "none", context: { cluster: "none", user: "none" } }],
  }),
  { mode: 0o644 },
);

const specs = imageSpecs({ version: "v1.0.0", bases: await ensureBases(report) });

/** Nobody listens on port 1: no liveness may depend on the database. */
const noDatabase = "postgresql://nobody:nothing@127.0.0.1:1/none";
const secret = "a-secret-of-more-than-32-characters!";

const apps = {
  frontend: {
    port: 3000,
    live: "/api/health/live",
    env: {
      DATABASE_URL: noDatabase,
      BETTER_AUTH_SECRET: secret,
      BETTER_AUTH_URL: "http://localhost:3000",
      NEXT_PUBLIC_APP_URL: "http://localhost:3000",
    },
    mounts: [],
    program: ["/usr/local/bin/node"],
    files: 500,
    megabytes: { local: 145, official: 200 },
  },
  backend: {
    port: 8000,
    live: "/health/live",
    env: { DATABASE_URL: noDatabase, BETTER_AUTH_SECRET: secret, FRONTEND_URL: "http://localhost:3000" },
    mounts: [],
    program: ["python"],
    files: 500,
    megabytes: { local: 180, official: 500 },
  },
  kagent: {
    port: 8931,
    live: "/healthz",
    // Nor on the cluster: an API server that is away is no reason to restart it.
    env: {
      TASKFLOW_MCP_HOST: "0.0.0.0",
      TASKFLOW_MCP_AUTH: "token",
      TASKFLOW_MCP_TOKEN: secret,
      TASKFLOW_MCP_KUBECONFIG: "/run/kubeconfig",
      TASKFLOW_MCP_CONTEXT: "none",
    },
    mounts: [`${kubeconfig}:/run/kubeconfig:ro`],
    program: ["/usr/local/bin/node"],
    // Node, one bundle, its packages' names and the base's few files.
    files: 100,
    megabytes: { local: 130, official: 185 },
  },
} as const;

describe.each(imageNames)("the %s image", (component) => {
  const spec = specs[component];
  const app = apps[component];
  let ref: string;
  let image: ImageContents;

  beforeAll(async () => {
    ({ ref } = await ensureImage(spec, { report }));
    image = await withArchive(ref, readImage);
  });

  test("holds files at all, so that the looks below see something", () => {
    expect(image.files.size).toBeGreaterThan(app.files);
  });

  test("is no bigger than it has to be", () => {
    const size = image.layers.reduce((sum, layer) => sum + layer.size, 0) / 1e6;
    const local = Object.values(spec.args).some((arg) => /^taskflow-base\/(cc|python):/.test(arg));
    expect(size).toBeLessThan(app.megabytes[local ? "local" : "official"]);
  });

  test("has no shell, no package manager and no tools", () => {
    expect(unwantedPrograms(image.files)).toEqual([]);
    expect(packageManagers(image.files)).toEqual([]);
  });

  test("has no setuid or setgid file", () => {
    expect(setuid(image.files)).toEqual([]);
  });

  test("has files that are root's and that only root may write", () => {
    expect(notRoots(image.files)).toEqual([]);
    expect(worldWritable(image.files)).toEqual([]);
  });

  test("runs as 65532:65532, one program, and says what it is", () => {
    const { User, Entrypoint, ExposedPorts, Labels } = image.config;
    expect(User).toBe("65532:65532");
    expect(Entrypoint).toEqual([...app.program, ...Entrypoint.slice(1)]);
    expect(Object.keys(ExposedPorts ?? {})).toEqual([`${app.port}/tcp`]);
    const label = (name: string) => Labels?.[`org.opencontainers.image.${name}`];
    expect(label("title")).toBe(`TaskFlow ${component}`);
    expect(label("description")).toBeTruthy();
    expect(label("licenses")).toBe("MIT");
    expect(label("version")).toBe("v1.0.0");
    expect(label("revision")).toBe(spec.args.REVISION);
  });

  test("keeps dpkg's database, so that scanners count its packages", () => {
    const database = [...image.files.keys()].filter((path) => /^var\/lib\/dpkg\/status(\.d\/|$)/.test(path));
    const packages = database.flatMap((path) => image.text(path).match(/^Package: .+$/gm) ?? []);
    expect(packages).toContain("Package: libc6");
    expect(packages.length).toBeGreaterThan(3);
  });

  test("answers its liveness with a read-only root, no capabilities and no database", async () => {
    const env = Object.entries(app.env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    const mounts = app.mounts.flatMap((mount) => ["--volume", mount]);
    const started = await dockerOrFail([
      ...["run", "--detach", "--publish", `127.0.0.1::${app.port}`],
      ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...["--user", "65532:65532", "--tmpfs", "/tmp", ...mounts, ...env, ref],
    ]);
    const container = started.stdout.trim();
    try {
      const { stdout } = await dockerOrFail(["port", container, `${app.port}/tcp`]);
      const url = `http://${stdout.split("\n")[0]}${app.live}`;
      const answer = async () =>
        (await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined))?.status;
      await expect
        .poll(answer, { timeout: 120_000, interval: 200 })
        .toBe(200)
        .catch(async (error) => {
          throw new Error((await docker(["logs", container])).all, { cause: error });
        });
      for (const shell of ["sh", "/bin/sh", "bash", "busybox"]) {
        const inside = await docker(["exec", container, shell, "-c", "true"]);
        expect(inside.failed, `${shell} ran in ${ref}`).toBe(true);
      }
    } finally {
      await docker(["rm", "--force", "--volumes", container]);
    }
  });

  describe("built twice without cache", () => {
    const tags = [1, 2].map((n) => `${spec.repository}:again-${process.pid}-${n}`);

    afterAll(async () => {
      await docker(["image", "rm", ...tags]);
    });

    test("is the same, byte by byte, but for the times in its configuration", async () => {
      const builds: ImageContents[] = [];
      for (const tag of tags) {
        await buildImage({ ...buildRequest(spec), tags: [tag], noCache: true });
        builds.push(await withArchive(tag, readImage));
      }
      const [one, two] = builds as [ImageContents, ImageContents];
      expect(differences(one.layers, two.layers)).toEqual([]);
      expect(two.layers.map(({ digest }) => digest)).toEqual(one.layers.map(({ digest }) => digest));
      expect(two.timeless).toEqual(one.timeless);
    });
  });

  withTool("dockle", "dockle finds nothing", async (path) => {
    const result = await withArchive(ref, (archive) =>
      run(path, [
        ...["--input", archive, "--exit-code", "1", "--exit-level", "warn", "--no-color"],
        // To dockle a file of this name is Django's, with a password in it. Ours reads the environment.
        ...["--accept-file", "settings.py"],
      ]),
    );
    expect(result.exitCode, result.all).toBe(0);
  });

  withTool("dive", "dive finds little waste between the layers", async (path) => {
    const config = join(repoRoot, ".dive-ci.yaml");
    const result = await withArchive(ref, (archive) =>
      run(path, [`docker-archive://${archive}`, "--ci", "--ci-config", config], { cwd: tmpdir() }),
    );
    expect(result.exitCode, result.all).toBe(0);
    expect(result.all).toMatch(/Result:\s*PASS/);
  });

  withTool("syft", "a bill of materials counts its packages", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sbom-"));
    try {
      const count = await withArchive(ref, (archive) =>
        imageSbom(archive, ref, join(folder, "sbom.json"), report),
      );
      console.log(`${ref}: ${count.os} OS and ${count.language} language packages`);
      expect(count.os).toBeGreaterThan(3);
      expect(count.language).toBeGreaterThan(10);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("npm run scan", () => {
  test("finds nothing critical or high, or says that it could not look", async (context) => {
    const { exitCode, stdout, stderr } = await taskflow(["scan", "--json"]);
    if (exitCode === 5) {
      const { error } = JSON.parse(stdout);
      expect(error.code).toBe("TF1209");
      context.skip(`not scanned: ${error.what}`);
    }
    expect(exitCode, stderr).toBe(0);
    expect(Object.keys(JSON.parse(stdout))).toHaveLength(4);
  });
});
