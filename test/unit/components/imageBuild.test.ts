import { describe, expect, it } from "vitest";
import { type ImageSpec, imageSpecs } from "../../../components/imageBuild.ts";
import type { BaseImages } from "../../../local/baseImages/index.ts";

const bases: BaseImages = {
  nodeBuild: "taskflow-base/node-build:1",
  nodeRuntime: "taskflow-base/cc:1",
  pythonBuild: "taskflow-base/debian:1",
  pythonRuntime: "taskflow-base/python:1",
};
const specs = (changes: Partial<BaseImages> = {}, platform = "linux/amd64") =>
  imageSpecs({ version: "v1.0.0", bases: { ...bases, ...changes }, platform });

describe("imageSpecs", () => {
  it("names the images by version and content, and the Dockerfiles' args", () => {
    const { frontend, backend, kagent } = specs();
    expect(frontend).toMatchObject({
      repository: "todo-frontend",
      context: "frontend",
      dockerfile: "frontend/Dockerfile",
      target: "production",
      platform: "linux/amd64",
    });
    expect(backend.repository).toBe("todo-backend");
    expect(kagent).toMatchObject({
      repository: "todo-kagent",
      context: "aiops/kagent",
      dockerfile: "aiops/kagent/Dockerfile",
      args: { NODE_BUILD_IMAGE: "taskflow-base/node-build:1", NODE_RUNTIME_IMAGE: "taskflow-base/cc:1" },
    });
    for (const spec of [frontend, backend, kagent]) {
      expect(spec.tag).toBe(`v1.0.0-${spec.args.REVISION}`);
      expect(spec.args.REVISION).toMatch(/^[0-9a-f]{12}$/);
    }
    expect(Object.keys(frontend.args).sort()).toEqual([
      "NODE_BUILD_IMAGE",
      "NODE_RUNTIME_IMAGE",
      "REVISION",
      "VERSION",
    ]);
    expect(backend.args).toMatchObject({
      PYTHON_BUILD_IMAGE: "taskflow-base/debian:1",
      PYTHON_RUNTIME_IMAGE: "taskflow-base/python:1",
    });
  });

  it("is the same at every call", () => {
    expect(specs()).toEqual(specs());
  });

  it("changes an image's tag with its own bases only, and with the platform", () => {
    const before = specs();
    const runtime = specs({ pythonRuntime: "taskflow-base/python:2" });
    expect(runtime.backend.tag).not.toBe(before.backend.tag);
    expect(runtime.frontend.tag).toBe(before.frontend.tag);
    expect(runtime.kagent.tag).toBe(before.kagent.tag);
    const arm = specs({}, "linux/arm64");
    expect(arm.backend.tag).not.toBe(before.backend.tag);
    expect(arm.frontend.tag).not.toBe(before.frontend.tag);
  });

  it("tells nobody where the checkout is", () => {
    const all: ImageSpec[] = Object.values(specs());
    expect(JSON.stringify(all)).not.toContain(process.cwd());
  });
});
