/** The MCP server beside the app: the same objects as `kubectl apply -k`, for any stack, and what Pulumi makes of them. */
import { describe, expect, test } from "vitest";
import { approvalKeyOf } from "../../../aiops/kagent/plans/index.ts";
import { aiopsObjects, aiopsOptions, outside, tokenSecretData } from "../../../components/aiopsObjects.ts";
import { type Registered, runProgram, stackFileConfig } from "../../support/program.ts";
import { build, kubectl } from "../aiops/manifests/kustomize.ts";

const options = { namespace: "todo-app", image: "todo-kagent:local", remediation: false };
const key = ({ kind, metadata }: { kind?: string; metadata?: { name?: string } }) =>
  `${kind} ${metadata?.name}`;
const sorted = <T extends { kind?: string; metadata?: { name?: string } }>(objects: T[]): T[] =>
  [...objects].sort((a, b) => key(a).localeCompare(key(b)));

describe("the objects", () => {
  test.skipIf(!kubectl).each([
    ["", false],
    ["remediation", true],
  ])("are those of aiops/kagent/manifests/%s", async (folder, remediation) => {
    expect(sorted(aiopsObjects({ ...options, remediation }))).toEqual(sorted(await build(folder)));
  });

  test("for another namespace name it everywhere, and take no other stack's names outside of it", () => {
    const here = aiopsObjects({ ...options, remediation: true });
    const there = aiopsObjects({
      ...options,
      namespace: "todo-2",
      image: "todo-kagent:v1",
      remediation: true,
    });
    expect(JSON.stringify(there)).not.toContain("todo-app");
    expect(JSON.stringify(there)).toContain("taskflow-mcp.todo-2.svc.cluster.local");
    expect(JSON.stringify(there)).toContain("todo-kagent:v1");
    const names = (objects: typeof here, namespace: string) =>
      objects.filter((object) => outside(object, namespace)).map(key);
    const ours = names(here, "todo-app");
    const theirs = names(there, "todo-2");
    expect(theirs).toHaveLength(4);
    expect(theirs.filter((name) => ours.includes(name))).toEqual([]);
    // Bindings refer to the Roles by their new names.
    for (const { kind, roleRef } of there as { kind: string; roleRef?: { kind: string; name: string } }[]) {
      if (roleRef) expect(there.map(key)).toContain(`${roleRef.kind} ${roleRef.name}`);
      expect(kind).not.toBe("Secret");
    }
  });

  test("there are none for a stack that does not ask for them", () => {
    const own = { repository: "todo-kagent", tag: "v1" };
    expect(aiopsOptions({ namespace: "todo-app", aiops: undefined }, own)).toBeUndefined();
    const aiops = { enabled: false, remediation: false, image: "todo-kagent:local" };
    expect(aiopsOptions({ namespace: "todo-app", aiops }, own)).toBeUndefined();
    // A rollback to a deployment that had none.
    const wanted = { enabled: true, remediation: false };
    expect(aiopsOptions({ namespace: "todo-app", aiops: wanted }, undefined)).toBeUndefined();
    expect(aiopsOptions({ namespace: "todo-app", aiops: wanted }, own)?.image).toBe("todo-kagent:v1");
  });
});

describe("the Pulumi program", () => {
  const of = (resources: Registered[], type: string) =>
    resources.filter((resource) => resource.type === type);
  const run = (aiops?: object) =>
    runProgram("dev", {
      ...stackFileConfig("dev"),
      ...(aiops ? { "taskflow:aiops": JSON.stringify(aiops) } : {}),
    });

  test("makes no MCP server unless it is asked to", async () => {
    const { resources } = await run();
    expect(of(resources, "kubernetes:yaml/v2:ConfigGroup")).toEqual([]);
    expect(of(resources, "taskflow:index:Aiops")).toEqual([]);
    expect(of(resources, "docker:index/image:Image").map(({ name }) => name)).toEqual([
      "frontend",
      "backend",
    ]);
  });

  test("builds and delivers this checkout's image, which the objects then name", async () => {
    const { resources } = await run({ enabled: true });
    const image = of(resources, "docker:index/image:Image").find(({ name }) => name === "kagent");
    expect(image?.inputs).toMatchObject({ skipPush: true, build: { context: "aiops/kagent" } });
    const imageName = String(image?.inputs.imageName);
    expect(imageName).toMatch(/^todo-kagent:v1\.0\.0-[0-9a-f]{12}$/);
    const delivered = resources.find(({ inputs }) => inputs.repository === "todo-kagent");
    expect(delivered?.inputs).toMatchObject({ imageId: "sha256:id-of-kagent", cluster: "embedded" });
    const [group] = of(resources, "kubernetes:yaml/v2:ConfigGroup");
    expect(group?.inputs.objs).toEqual(aiopsObjects({ ...options, image: imageName }));
  });

  test("with a registry the image is pushed there and named so", async () => {
    const { resources } = await runProgram("dev", {
      ...stackFileConfig("dev"),
      "taskflow:registry": "ghcr.io/me",
      "taskflow:aiops": JSON.stringify({ enabled: true }),
    });
    const image = of(resources, "docker:index/image:Image").find(({ name }) => name === "kagent");
    expect(image?.inputs).toMatchObject({ skipPush: false });
    const imageName = String(image?.inputs.imageName);
    expect(imageName).toMatch(/^ghcr\.io\/me\/todo-kagent:v1/);
    expect(JSON.stringify(of(resources, "kubernetes:yaml/v2:ConfigGroup"))).toContain(`"${imageName}"`);
  });

  test("makes the objects, and a token that is nowhere but in the Secret", async () => {
    const { resources } = await run({ enabled: true, image: "todo-kagent:local" });
    // Somebody else's image is somebody else's to build.
    expect(resources.some(({ name }) => name === "kagent")).toBe(false);
    expect(JSON.stringify(resources)).not.toMatch(/approval/);
    const [group] = of(resources, "kubernetes:yaml/v2:ConfigGroup");
    expect(group?.inputs.objs).toEqual(aiopsObjects(options));
    const secret = of(resources, "kubernetes:core/v1:Secret").find(({ name }) => name === "taskflow-mcp");
    expect(JSON.stringify(secret?.inputs)).toContain('"authorization":"Bearer canary-of-the-auth-secret');
    // Pulumi's mark of a secret.
    expect(JSON.stringify(secret?.inputs)).toContain("4dabf18193072939515e22adb298388d");
    const others = resources.filter(({ type }) => type !== "kubernetes:core/v1:Secret");
    expect(JSON.stringify(others)).not.toContain("canary-of-the-auth-secret");
  });

  test("gives the right to change something only on demand", async () => {
    const { resources } = await run({ enabled: true, image: "todo-kagent:local", remediation: true });
    const [group] = of(resources, "kubernetes:yaml/v2:ConfigGroup");
    expect(JSON.stringify(group?.inputs.objs)).toContain('"name":"taskflow-remediator"');
  });

  test("and then makes the key of approvals, which is nowhere but in a Secret of its own", async () => {
    const { resources } = await run({ enabled: true, remediation: true });
    const canary = "canary-of-the-approval-key";
    const holders = resources.filter(({ inputs }) => JSON.stringify(inputs).includes(canary));
    expect(holders.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "kubernetes:core/v1:Secret taskflow-mcp-approval",
    ]);
    const text = JSON.stringify(holders[0]?.inputs);
    expect(text).toContain(`"approval.key":"${canary}"`);
    expect(text).toContain("4dabf18193072939515e22adb298388d");
    // The value of a RandomBytes is in the state as its ID, in clear.
    expect(of(resources, "random:index/randomBytes:RandomBytes")).toEqual([]);
    const made = resources.find(({ name }) => name === "approval-key");
    expect(made).toMatchObject({ type: "random:index/randomPassword:RandomPassword" });
    expect(made?.inputs.special).toBe(false);
    expect(
      approvalKeyOf("a".repeat(Number(made?.inputs.length)), "the Secret").length,
    ).toBeGreaterThanOrEqual(32);
    // The Secret that the pod mounts, under the name and entry that are made.
    const [group] = of(resources, "kubernetes:yaml/v2:ConfigGroup");
    expect(JSON.stringify(group?.inputs.objs)).toMatch(
      /\{[^[]*"items":\[\{"key":"approval\.key","path":"key"\}\],"secretName":"taskflow-mcp-approval"/,
    );
  });

  test.each([
    [{ enabled: true, image: "todo-kagent:latest" }, /aiops\.image: must name an image with its tag/],
    [{ enabled: true, image: "todo-kagent" }, /aiops\.image: must name an image with its tag/],
    [
      { enabled: "on", image: "a:1" },
      /aiops\.enabled[\s\S]*set --stack dev --path taskflow:aiops\.enabled true/,
    ],
    [{ enabled: true, image: "a:1", mend: true }, /aiops\.mend: unknown key/],
  ])("refuses %j", async (aiops, message) => {
    await expect(run(aiops)).rejects.toThrow(/TF1001/);
    const text = await run(aiops).catch((error: Error) => String(error.message));
    expect(text).toMatch(message);
  });
});

test("the Secret holds the token and the whole header", () => {
  expect(tokenSecretData("t")).toEqual({ TASKFLOW_MCP_TOKEN: "t", authorization: "Bearer t" });
});
