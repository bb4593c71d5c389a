import { expect, test } from "vitest";
import { baseOf } from "../../bench/imageSizes.ts";

test("names the kind of base that an image runs on, whatever it was built on", () => {
  const built = "taskflow-base/node-build-host:0123456789ab";
  const digest = `sha256:${"0".repeat(64)}`;
  expect(baseOf({ NODE_BUILD_IMAGE: built, NODE_RUNTIME_IMAGE: `example/cc@${digest}` })).toBe(
    "on the official base",
  );
  expect(baseOf({ PYTHON_BUILD_IMAGE: "x", PYTHON_RUNTIME_IMAGE: "taskflow-base/python:0123456789ab" })).toBe(
    "on a Debian-made base",
  );
});
