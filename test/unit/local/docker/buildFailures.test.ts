import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TaskFlowError } from "../../../../aiops/kagent/codes/index.ts";
import { debianArchive } from "../../../../local/baseImages/debianArchive.ts";
import { ensureBase } from "../../../../local/baseImages/index.ts";
import { buildImage, dockerInfo } from "../../../../local/docker.ts";

/** Real builds that fail; they need a base with a shell, which is certain to be had on Debian only. */
const canMake = await dockerInfo()
  .then(async () => "sources" in (await debianArchive()))
  .catch(() => false);

describe.runIf(canMake)("a build that fails", () => {
  let context: string;
  let base: string;
  beforeAll(async () => {
    context = mkdtempSync(join(tmpdir(), "build-failures-"));
    process.env.TASKFLOW_BASE_IMAGES = "local";
    base = await ensureBase("debian", () => {});
  }, 600_000);
  afterAll(() => {
    delete process.env.TASKFLOW_BASE_IMAGES;
    rmSync(context, { recursive: true });
  });

  async function failure(step: string, network?: "none"): Promise<TaskFlowError> {
    // The time makes the step a new one: BuildKit remembers no failures, but neither may it find a success.
    writeFileSync(join(context, "Dockerfile"), `FROM ${base}\nRUN : ${Date.now()}; ${step}\n`);
    const tags = ["taskflow-test/failure:1"] as const;
    return buildImage({ context, tags: [...tags], ...(network && { network }) }).then(
      () => Promise.reject(new Error("it built")),
      (error: TaskFlowError) => error,
    );
  }

  it("on a full disk is TF1103 with Docker's own account of it", async () => {
    const error = await failure("cat /proc/version > /dev/full");
    expect(error.code).toBe("TF1103");
    expect(error.detail.join("\n")).toMatch(/No space left on device[\s\S]*Build Cache/);
  });

  it("without a network is TF1205", async () => {
    const error = await failure("apt-get -o APT::Update::Error-Mode=any update", "none");
    expect(error.code).toBe("TF1205");
  });

  it("for any other reason is TF1201 with its last lines", async () => {
    const error = await failure("echo the reason why; false");
    expect(error.code).toBe("TF1201");
    expect(error.detail.join("\n")).toContain("the reason why");
  });

  it("on a base that nobody has is TF1202", async () => {
    writeFileSync(join(context, "Dockerfile"), "FROM registry.invalid/nothing:1\n");
    const tags: [string] = ["taskflow-test/failure:1"];
    await expect(buildImage({ context, tags })).rejects.toMatchObject({ code: "TF1202" });
  });
});
