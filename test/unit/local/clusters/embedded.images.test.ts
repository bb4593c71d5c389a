import { describe, expect, test } from "vitest";
import {
  fullName,
  has,
  type NodeImage,
  pushName,
  refsOf,
} from "../../../../local/clusters/embedded/images.ts";

const image = (name: string, config: string, target = "sha256:manifest"): NodeImage => ({
  name,
  config,
  target,
});

test("the names under which the kubelet looks for an image", () => {
  expect(fullName("todo-backend:v1")).toBe("docker.io/library/todo-backend:v1");
  expect(fullName("team/todo:v1")).toBe("docker.io/team/todo:v1");
  expect(fullName("ghcr.io/team/todo:v1")).toBe("ghcr.io/team/todo:v1");
  expect(fullName("localhost/todo:v1")).toBe("localhost/todo:v1");
  expect(fullName("localhost:5000/todo:v1")).toBe("localhost:5000/todo:v1");
});

test("the names under which Docker pushes into the node", () => {
  expect(pushName("todo-backend:v1", 49153)).toBe("127.0.0.1:49153/library/todo-backend:v1");
  expect(pushName("ghcr.io/team/todo:v1", 49153)).toBe("127.0.0.1:49153/team/todo:v1");
});

describe("is an image on the node", () => {
  const wanted = { ref: "todo:v1", id: "sha256:wanted" };
  const name = "docker.io/library/todo:v1";

  test("by the digest of its configuration (classic Docker)", () => {
    expect(has([image(name, "sha256:wanted")], wanted)).toBe(true);
  });

  test("by the digest of its manifest (Docker with containerd's store)", () => {
    expect(has([image(name, "sha256:config", "sha256:wanted")], wanted)).toBe(true);
  });

  test("not when the name stands for another image", () => {
    expect(has([image(name, "sha256:other")], wanted)).toBe(false);
  });

  test("not when only another name stands for it", () => {
    expect(has([image("docker.io/library/todo:v2", "sha256:wanted")], wanted)).toBe(false);
  });

  test("not when the node has its manifest and lacks the rest", () => {
    expect(has([image(name, "", "sha256:wanted")], wanted)).toBe(false);
  });
});

test("the refs of one repository, in the node's order", () => {
  const images = [
    image("docker.io/library/todo:v3", "sha256:3"),
    image("docker.io/library/todo-backend:v9", "sha256:9"),
    image("docker.io/library/todo:v1", "sha256:1"),
    image("ghcr.io/library/todo:v2", "sha256:2"),
  ];
  expect(refsOf(images, "todo")).toEqual(["todo:v3", "todo:v1"]);
});
