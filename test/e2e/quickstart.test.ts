/** Runs the blocks of docs/quickstart.md one after the other, as a reader would. */
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readStack } from "../../cli/stackFile.ts";
import { dockerClient } from "../../local/docker.ts";
import { repoRoot } from "../../local/paths.ts";
import { type Prepared, prepare } from "../../local/prepare.ts";
import { tool } from "../../local/toolchain/index.ts";
import { succeeds, taskflow } from "../support/cli.ts";

const chosen = { TASKFLOW_CLUSTER: "embedded", TASKFLOW_DEPLOYER: "helm" };
const document = await readFile(join(repoRoot, "docs/quickstart.md"), "utf8");
const blocks = new Map(
  [...document.matchAll(/^```bash name=(\w+)\n([\s\S]*?)^```/gm)].map((match) => [
    match[1] as string,
    match[2] as string,
  ]),
);

let bin: string;
let local: Prepared;

beforeAll(async () => {
  await taskflow(["destroy"], chosen);
  await succeeds(["cluster"], chosen);
  process.env.TASKFLOW_CLUSTER = "embedded";
  local = await prepare((await readStack({ stack: "dev", cluster: "embedded" })).config);
  bin = await mkdtemp(join(tmpdir(), "quickstart-"));
  await symlink((await tool("helm")).path, join(bin, "helm"));
  await symlink((await tool("kubectl")).path, join(bin, "kubectl"));
  await symlink((await dockerClient()).path, join(bin, "docker"));
  // Minikube can't run everywhere: `minikube image load` is our loader here, and nothing else of it is asked for.
  await writeFile(
    join(bin, "minikube"),
    `#!/bin/sh\n[ "$1 $2" = "image load" ] || { echo "not here: minikube $*" >&2; exit 1; }\nexec npm --prefix '${repoRoot}' run --silent load -- "$3"\n`,
  );
  await chmod(join(bin, "minikube"), 0o755);
});

afterAll(async () => {
  await rm(bin, { recursive: true, force: true });
  await taskflow(["destroy"], chosen);
});

/** The block as the document has it; builds start from the bases that can be had on this machine. */
function script(name: string): string {
  const { nodeBuild, nodeRuntime, pythonBuild, pythonRuntime } = local.bases;
  const bases = {
    frontend: `--build-arg NODE_BUILD_IMAGE=${nodeBuild} --build-arg NODE_RUNTIME_IMAGE=${nodeRuntime}`,
    backend: `--build-arg PYTHON_BUILD_IMAGE=${pythonBuild} --build-arg PYTHON_RUNTIME_IMAGE=${pythonRuntime}`,
  };
  return (blocks.get(name) as string).replace(
    /^docker build (.*)\.\/(frontend|backend)$/gm,
    (_line, args: string, component: "frontend" | "backend") =>
      `docker build ${bases[component]} ${args}./${component}`,
  );
}

describe("docs/quickstart.md", () => {
  const order = ["cluster", "build", "load", "secrets", "install", "verify", "upgrade", "cleanup"];

  test("every block is run here", () => {
    expect([...blocks.keys()]).toEqual(order);
  });

  test.each(order)("%s", async (name) => {
    const result = await execa("bash", ["-euo", "pipefail", "-c", script(name)], {
      cwd: repoRoot,
      env: {
        ...chosen,
        PATH: `${bin}:${process.env.PATH}`,
        DOCKER_BUILDKIT: "1",
        KUBECONFIG: local.access.kubeconfig,
        DATABASE_URL: local.database.url,
      },
      stdin: "ignore",
      all: true,
      reject: false,
    });
    expect(result.exitCode, `${result.all}`).toBe(0);
  });
});
